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

/** Starts a plan for some applications from Development to Test, and gives the address of its deployment. */
async function start(page: Page, infrastructure: string, applications: { key: string; name: RegExp }[]): Promise<string> {
  const chosen = applications.map((one) => `&app=${one.key}`).join('');
  await page.goto(`${infrastructure}/plans/new?from=development&to=test${chosen}`);
  for (const one of applications) await page.getByRole('checkbox', { name: one.name }).check();
  await page.getByRole('button', { name: 'Make the plan' }).click();
  await page.waitForURL(/\/plans\/[0-9a-f-]{36}/);
  await page.getByRole('button', { name: /^Deploy to Test/ }).click();
  await page.waitForURL(/\/deployments\/[0-9a-f-]{36}/);
  return page.url();
}

const THEME = { key: 'harbour-theme', name: /Harbour Theme/ };
const TIDES = { key: 'tides', name: /Tides/ };
const NOTICES = { key: 'notices', name: /Notices/ };

test('independent deployments run side by side, and a third one says what it waits for', async ({ page, scripts, examine }) => {
  test.setTimeout(400_000);
  const demo = await RunningConsole.start('demo', /password:?\s+\S+/i);
  try {
    await signIn(page, demo.address, { username: demo.told('user'), password: demo.told('password') });
    const infrastructure = page.url().replace(/\/$/, '');
    const goOn = page.getByRole('button', { name: 'Let the deployment go on' });
    let theme = '';
    let tides = '';

    await test.step('Test takes several at once, and each of them waits in the middle', async () => {
      await page.goto(`${infrastructure}/environments/test/settings`);
      await page.getByRole('checkbox', { name: /^In two stages/ }).check();
      await page.getByLabel('Deployments at once').fill('2');
      await examine(page);
      await page.getByRole('button', { name: 'Save the environment' }).click();
      await expect(page.getByLabel('Deployments at once')).toHaveValue('2');
    });

    await test.step('two that have nothing to do with each other are prepared side by side', async () => {
      theme = await start(page, infrastructure, [THEME]);
      await comes(page, scripts, goOn);
      await start(page, infrastructure, [NOTICES]);
      await comes(page, scripts, goOn);
    });

    await test.step('the third one says for which one it waits, and why', async () => {
      tides = await start(page, infrastructure, [TIDES]);
      const why = /Number 1 in the queue: it waits for .*, because Tides uses Harbour Theme\./;
      await expect(page.getByText(why).first()).toBeVisible();
      await expect(page.getByRole('region', { name: 'Why not now' }).getByRole('link')).toBeVisible();
      await examine(page);
    });

    await test.step('it goes on by itself when that one has ended, while the other one still runs', async () => {
      await page.goto(theme);
      await goOn.click();
      await comes(page, scripts, page.getByText('Finished successfully').first());
      await page.goto(tides);
      await comes(page, scripts, goOn);
    });
  } finally {
    // A page that is still open would go on asking for its events.
    await page.goto('about:blank');
    await demo.stop();
  }
});
