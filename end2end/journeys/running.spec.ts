import { expect, type Locator, type Page } from '@playwright/test';
import { RunningConsole } from '../fixtures/console.ts';
import { signIn, test } from '../fixtures/index.ts';

/** Waits for something; without scripts by loading the page again, as a person would. */
async function comes(page: Page, scripts: boolean, what: Locator): Promise<void> {
  if (scripts) {
    await expect(what).toBeVisible({ timeout: 90_000 });
    return;
  }
  await expect(async () => {
    await page.reload();
    await expect(what).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 90_000, intervals: [500] });
}

/** Makes a plan for the theme alone, and leaves its page open. */
async function plan(page: Page, infrastructure: string, to: string): Promise<void> {
  await page.goto(`${infrastructure}/plans/new?from=development&to=${to}&app=harbour-theme`);
  await page.getByRole('checkbox', { name: /Harbour Theme/ }).check();
  await page.getByRole('button', { name: 'Make the plan' }).click();
  await page.waitForURL(/\/plans\/[0-9a-f-]{36}/);
}

test('a deployment is rolled back; a step that fails waits, and its front-end is left out', async ({ page, scripts, examine }) => {
  test.setTimeout(400_000);
  const demo = await RunningConsole.start('demo', /password:?\s+\S+/i);
  try {
    await signIn(page, demo.address, { username: demo.told('user'), password: demo.told('password') });
    const infrastructure = page.url().replace(/\/$/, '');

    await test.step('what a plan would go back to is said before it is started', async () => {
      await plan(page, infrastructure, 'test');
      await expect(page.getByRole('region', { name: 'Way back' }).getByText('taken out')).toBeVisible();
      await page.getByRole('button', { name: /^Deploy to Test/ }).click();
      await page.waitForURL(/\/deployments\/[0-9a-f-]{36}/);
      await comes(page, scripts, page.getByText('Finished successfully').first());
    });

    await test.step('one verb takes it back', async () => {
      const brought = page.url();
      await page.getByRole('link', { name: 'Roll back' }).click();
      const back = page.getByRole('region', { name: 'Way back' });
      await expect(back.getByText('taken out')).toBeVisible();
      await examine(page);
      await back.getByLabel('Why it is rolled back').fill('Too early.');
      await back.getByRole('button', { name: 'Roll back' }).click();
      await expect(page.getByRole('heading', { level: 1, name: /^Roll back / })).toBeVisible();
      await comes(page, scripts, page.getByText('Finished successfully').first());
      await page.goto(`${brought}?back=1`);
      await expect(page.getByText(/has changed since: Test does not run it\./)).toBeVisible();
      await expect(page.getByText('It was rolled back by')).toBeVisible();
      await examine(page);
    });

    await test.step('Production is prepared; then one of its front-ends loses what was laid ready', async () => {
      await page.goto(`${infrastructure}/environments/production/settings`);
      await page.getByRole('checkbox', { name: /^In two stages/ }).check();
      await page.getByRole('button', { name: 'Save the environment' }).click();
      await expect(page.getByRole('checkbox', { name: /^In two stages/ })).toBeChecked();
      await plan(page, infrastructure, 'production');
      await page.getByLabel('If a step fails').selectOption({ label: 'Wait for a person' });
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await expect(page.getByRole('status').filter({ hasText: 'Name and notes are saved.' })).toBeVisible();
      const why = page.getByLabel('Why it goes there');
      if (await why.count()) await why.fill('The theme alone.');
      await examine(page);
      await page.getByRole('button', { name: /^Deploy to Production/ }).click();
      await page.waitForURL(/\/deployments\/[0-9a-f-]{36}/);
      const goOn = page.getByRole('button', { name: 'Let the deployment go on' });
      await comes(page, scripts, goOn);
      await demo.loseReleases('prod-2', 'harbour-theme');
      await goOn.click();
    });

    await test.step('the step fails and waits; the front-end is left out, and that is said', async () => {
      const choices = page.getByRole('region', { name: 'A step failed' });
      await comes(page, scripts, choices);
      await expect(choices.getByRole('button', { name: 'Try it again' })).toBeEnabled();
      await expect(choices.getByRole('button', { name: 'Take everything back' })).toBeEnabled();
      await examine(page);
      await choices.getByRole('button', { name: 'Leave prod-2 out' }).click();
      await comes(page, scripts, page.getByText('Finished with warnings').first());
      await expect(page.getByText(/prod-2 was left out/).first()).toBeVisible();
      await examine(page);
    });

    await test.step('the log is searched by level', async () => {
      await page.getByLabel('Level').selectOption({ index: 1 });
      await page.getByRole('button', { name: 'Show these lines' }).click();
      await expect(page.getByText(/of \d+ lines\. It is complete\./)).toBeVisible();
      const file = await page.request.get(`${page.url().split('?')[0]}/log`);
      expect(await file.text()).toMatch(/^\S+Z\tinfo\t/m);
      await page.goto(infrastructure);
      await expect(page.getByRole('row').filter({ hasText: 'Harbour Theme' }).getByText(/mixed/i).first()).toBeAttached();
    });
  } finally {
    // A page that is still open would go on asking for its events.
    await page.goto('about:blank');
    await demo.stop();
  }
});
