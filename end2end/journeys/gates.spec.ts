import { type Browser, expect, type Page } from '@playwright/test';
import { RunningConsole } from '../fixtures/console.ts';
import { signIn, test } from '../fixtures/index.ts';

/** A time of a field of a form, in UTC to the minute. */
function typed(at: number): string {
  return new Date(at).toISOString().slice(0, 16);
}

/** Waits for something; without scripts by loading the page again, as a person would. */
async function comes(page: Page, scripts: boolean, words: string | RegExp): Promise<void> {
  const what = page.getByText(words).first();
  if (scripts) {
    await expect(what).toBeVisible({ timeout: 60_000 });
    return;
  }
  await expect(async () => {
    await page.reload();
    await expect(what).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 60_000, intervals: [500] });
}

/** Another person, signed in, in a browser of their own. */
async function another(browser: Browser, address: string, who: { username: string; password: string }, scripts: boolean): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled: scripts });
  const page = await context.newPage();
  await signIn(page, address, who);
  return page;
}

test('a second person approves, and a freeze parks and lets go on', async ({ page, browser, scripts, examine }) => {
  test.setTimeout(300_000);
  const demo = await RunningConsole.startWithClock('demo', /password:?\s+\S+/i);
  try {
    const administrator = { username: demo.told('user'), password: demo.told('password') };
    const told = await demo.command('user', 'add', 'wei', '--name', 'Wei Chen', '--role', 'Release Manager');
    const added = await demo.command('user', 'add', 'otto', '--name', 'Otto Brandt', '--role', 'Administrator');
    const otto = { username: 'otto', password: /password:?\s+(\S+)/i.exec(added)?.[1] ?? '' };
    const wei = { username: 'wei', password: /password:?\s+(\S+)/i.exec(told)?.[1] ?? '' };
    await signIn(page, demo.address, administrator);
    const infrastructure = page.url().replace(/\/$/, '');

    await test.step('a gate before Test asks for an approval', async () => {
      await page.goto(`${infrastructure}/gates`);
      await expect(page.getByRole('heading', { level: 1, name: 'Gates' })).toBeVisible();
      await examine(page);
      await page.getByRole('link', { name: 'Add a gate' }).click();
      await page.getByLabel('Before').selectOption({ label: 'Test (environment)' });
      await page.getByLabel('How many approvals').fill('2');
      await page.getByLabel('Who approves').selectOption({ label: 'Whoever is Release Manager (role)' });
      await examine(page);
      await page.getByRole('button', { name: 'Add the gate' }).click();
      await expect(page.getByText('2 approvals can never be reached: Release Manager has 1 person who can sign in.').first()).toBeVisible();
      await page.getByLabel('How many approvals').fill('1');
      await page.getByLabel('Who approves').selectOption({ label: 'Whoever is Release Manager (role)' });
      await page.getByRole('button', { name: 'Add the gate' }).click();
      await expect(page.getByRole('status').filter({ hasText: 'The gate is added' })).toBeVisible();
      await expect(page.getByRole('row').filter({ hasText: '1 approval of the role Release Manager.' })).toBeVisible();
      await examine(page);
    });

    let plan = '';
    await test.step('the plan waits for it, and its author cannot give it', async () => {
      await page.goto(`${infrastructure}/plans/new?from=development&to=test&app=harbour-theme`);
      await page.getByRole('button', { name: 'Make the plan' }).click();
      await page.waitForURL(/\/plans\/[0-9a-f-]{36}/);
      plan = page.url().split('#')[0];
      await expect(page.getByRole('button', { name: 'Deploy to Test' })).toHaveAttribute('aria-disabled', 'true');
      await expect(page.getByText('1 approval of Release Manager for Test.').first()).toBeVisible();
      // When it arrives, stage by stage, and what it needs until then.
      const arrives = page.getByRole('region', { name: 'Earliest arrival', exact: true });
      await expect(arrives.getByRole('listitem')).toHaveText([/^Test\s*now$/, /^Acceptance\s*now$/, /^Production\s*now$/]);
      await expect(arrives).toContainText('It needs: 1 approval of Release Manager for Test.');
      await page.getByRole('button', { name: 'Ask for approval' }).click();
      await expect(page.getByRole('status').filter({ hasText: 'Approval is asked for.' })).toBeVisible();
      await expect(page.getByText('You cannot approve this plan: you wrote it, or changed what it does.')).toBeVisible();
      await examine(page);
    });

    await test.step('the list of plans is filtered', async () => {
      await page.goto(`${infrastructure}/plans`);
      const row = page.getByRole('row').filter({ has: page.locator(`a[href="${new URL(plan).pathname}"]`) });
      await page.getByLabel('Status').selectOption('discarded');
      await page.getByRole('button', { name: 'Filter', exact: true }).click();
      await expect(page.getByRole('heading', { name: 'Nothing matches' })).toBeVisible();
      await page.getByLabel('Status').selectOption('draft');
      await page.getByLabel('Into').selectOption({ label: 'Test' });
      await page.getByLabel('From').fill('2026-01-01');
      await page.getByRole('button', { name: 'Filter', exact: true }).click();
      await expect(row).toHaveCount(1);
      await expect(page.getByLabel('From')).toHaveValue('2026-01-01');
      await examine(page);
      await page.getByLabel('From').fill('');
      await page.getByLabel('Until').fill('2026-01-01');
      await page.getByRole('button', { name: 'Filter', exact: true }).click();
      await expect(page.getByRole('heading', { name: 'Nothing matches' })).toBeVisible();
      await page.goto(plan);
    });

    await test.step('the console checks Development over HTTP', async () => {
      const gate = async (path: string) => {
        await page.goto(`${infrastructure}/gates/new?kind=verification`);
        await page.getByLabel('Before').selectOption({ label: 'Test (environment)' });
        await examine(page);
        await page.getByLabel('Name of the test').fill('Health');
        await page.getByLabel('Address that the console asks').fill(`${demo.address}/${path}`);
        await page.getByRole('button', { name: 'Add the gate' }).click();
        await expect(page.getByRole('status').filter({ hasText: 'The gate is added' })).toBeVisible();
      };
      await gate('{environment}/{application}');
      await page.goto(plan);
      await expect(page.getByText('no result of Harbour Theme').first()).toBeVisible();
      await page.getByRole('button', { name: 'Check Development now' }).click();
      await expect(page.getByRole('status').filter({ hasText: '1 check made; 1 failed.' })).toBeVisible();
      await expect(page.getByText(/failed\. It answered with status 404\./).first()).toBeVisible();
      await examine(page);
      await page.goto(`${infrastructure}/gates`);
      await examine(page);
      await page.getByRole('row').filter({ hasText: 'Health' }).getByRole('button', { name: /Remove/ }).click();
      await expect(page.getByRole('status').filter({ hasText: 'The gate is removed.' })).toBeVisible();
      await gate('sign-in');
      await page.goto(plan);
      await page.getByRole('button', { name: 'Check Development now' }).click();
      await expect(page.getByRole('status').filter({ hasText: '1 check made, and passed.' })).toBeVisible();
    });

    await test.step('the second person finds and approves it', async () => {
      const other = await another(browser, demo.address, wei, scripts);
      await other.goto(`${infrastructure}/gates`);
      await other.getByRole('link', { name: /Harbour Theme to Test/ }).click();
      await other.waitForURL(/\/plans\//);
      await other.getByLabel('Your words').fill('Seen in Development');
      await examine(other);
      await other.getByRole('button', { name: 'Approve' }).click();
      await expect(other.getByRole('status').filter({ hasText: 'You approved the plan as it is now.' })).toBeVisible();
      await other.context().close();
    });

    const now = Date.now();
    await test.step('a freeze of Test begins', async () => {
      await page.goto(`${infrastructure}/gates/freeze`);
      await page.getByLabel('What stands still').selectOption({ label: 'Test (environment)' });
      await page.getByLabel('From').fill(typed(now - 3_600_000));
      await page.getByLabel('Until').fill(typed(now + 180_000));
      await page.getByLabel('Time zone').selectOption('UTC');
      await page.getByLabel('Why').fill('Stocktaking');
      await examine(page);
      await page.getByRole('button', { name: 'Add the freeze' }).click();
      await expect(page.getByRole('row').filter({ hasText: 'Stocktaking' })).toContainText('On now');
      await examine(page);
    });

    await test.step('what is started waits, and goes on by itself', async () => {
      await page.goto(plan);
      await expect(page.getByText('Wei Chen approved').first()).toBeVisible();
      await expect(page.getByText('Test stands still: Stocktaking.').first()).toBeVisible();
      await examine(page);
      await page.getByRole('button', { name: 'Deploy to Test' }).click();
      await page.waitForURL(/\/deployments\/[0-9a-f-]{36}/);
      await expect(page.getByText(/Parked, and keeps its place\. Test stands still: Stocktaking\. Until/).first()).toBeVisible();
      await expect(page.getByRole('button', { name: 'Override' })).toBeVisible();
      await examine(page);
      await demo.ahead(240);
      await comes(page, scripts, 'Finished successfully');
      await examine(page);
    });

    await test.step('a freeze is overridden, and somebody else reviews that', async () => {
      await page.goto(`${infrastructure}/gates/freeze`);
      await page.getByLabel('What stands still').selectOption({ label: 'Acceptance (environment)' });
      await page.getByLabel('From').fill(typed(now - 3_600_000));
      await page.getByLabel('Until').fill(typed(now + 7_200_000));
      await page.getByLabel('Time zone').selectOption('UTC');
      await page.getByLabel('Why').fill('Customers try it out');
      await page.getByRole('button', { name: 'Add the freeze' }).click();
      await page.goto(`${infrastructure}/plans/new?from=test&to=acceptance&app=harbour-theme`);
      await page.getByRole('button', { name: 'Make the plan' }).click();
      await page.waitForURL(/\/plans\/[0-9a-f-]{36}/);
      await page.getByLabel('Override the freeze, because').fill('They found a fault');
      await page.getByRole('button', { name: 'Deploy to Acceptance' }).click();
      await page.waitForURL(/\/deployments\/[0-9a-f-]{36}/);
      const review = page.getByRole('region', { name: 'Review of the override', exact: true });
      await expect(review).toContainText('overrode the freeze');
      await expect(review).toContainText('You cannot review this override: you made it.');
      await comes(page, scripts, 'Finished successfully');
      await examine(page);

      const other = await another(browser, demo.address, otto, scripts);
      await other.goto(`${infrastructure}/gates`);
      const duty = other.getByRole('region', { name: 'To be reviewed', exact: true });
      await expect(duty.getByRole('row').filter({ hasText: 'They found a fault' })).toContainText('Finished successfully');
      await examine(other);
      await duty.getByRole('link', { name: /Harbour Theme/ }).click();
      await other.getByLabel('What you found').fill('Rightly so: nobody was trying it out.');
      await examine(other);
      await other.getByRole('button', { name: 'Close the review' }).click();
      await expect(other.getByRole('status').filter({ hasText: 'The review is closed.' })).toBeVisible();
      await expect(other.getByText('Reviewed by Otto Brandt')).toBeVisible();
      await other.goto(`${infrastructure}/gates`);
      await expect(other.getByText('No override waits for a review.')).toBeVisible();
      await other.context().close();
    });

    await test.step('it is found by words and by application', async () => {
      await page.goto(`${infrastructure}/deployments`);
      await page.getByLabel('Name', { exact: true }).fill('THEME to acc');
      await page.getByLabel('Application').fill('harbour-theme');
      await page.getByRole('button', { name: 'Filter', exact: true }).click();
      await expect(page.getByRole('row')).toHaveCount(2);
      await examine(page);
      await page.getByLabel('Name', { exact: true }).fill('no such one');
      await page.getByRole('button', { name: 'Filter', exact: true }).click();
      await expect(page.getByRole('heading', { name: 'Nothing matches' })).toBeVisible();
    });
  } finally {
    // A page that is still open would go on asking for its events.
    await page.goto('about:blank');
    await demo.stop();
  }
});
