import type { Page } from '@playwright/test';
import { expect, signIn, test } from '../fixtures/index.ts';

/** What is reported comes by itself to a page with scripts; without them one looks again. */
async function comes(page: Page, scripts: boolean, seen: () => Promise<void>): Promise<void> {
  await expect(async () => {
    if (!scripts) await page.reload();
    await seen();
  }).toPass({ timeout: 40_000 });
}

test('a front-end that stops is told on the open page and in the timeline', async ({ page, demo, administrator, scripts, examine }) => {
  await signIn(page, demo.address, administrator);
  await page.goto(`${demo.address}/i/harbour/environments/production`);
  const services = page.getByRole('region', { name: 'Platform Server services', exact: true });
  // Five services, whatever is reported of them; the scheduler runs on the controller.
  await expect(services.getByRole('rowheader')).toHaveText(['Deployment controller', 'Deployment', 'Scheduler', 'Server.API', 'Server.Identity']);
  await expect(services.getByRole('row', { name: /^Scheduler/ })).toContainText('Running');
  const timeline = page.getByRole('region', { name: 'Timeline', exact: true });
  const newest = timeline.getByRole('listitem').first();
  const member = await demo.platformServer('prod-2');
  process.kill(member, 'SIGSTOP');
  try {
    await comes(page, scripts, async () => {
      await expect(newest).toContainText('prod-2 does not answer.', { timeout: 1_000 });
    });
    await expect(services.getByRole('row', { name: /^Deployment\b(?! controller)/ })).toContainText('Unknown');
    await examine(page);
  } finally {
    process.kill(member, 'SIGCONT');
  }
  await comes(page, scripts, async () => {
    await expect(newest).toContainText('prod-2 answers.', { timeout: 1_000 });
  });
});

test('a front-end that stops is told on every open page', async ({ page, context, demo, administrator, scripts }, info) => {
  test.skip(!scripts, 'news come to a page that is open by a script');
  await signIn(page, demo.address, administrator);
  const list = await context.newPage();
  const pipelines = await context.newPage();
  await page.goto(`${demo.address}/i/harbour/environments/production`);
  await list.goto(`${demo.address}/i/harbour/environments`);
  await pipelines.goto(`${demo.address}/i/harbour/pipelines`);
  const boxes = (words: string) => pipelines.getByRole('region', { name: /^Drawing: Pipelines of/ }).getByRole('link', { name: new RegExp(`^Front-end prod-2\\b.*${words}$`) });
  const card = list.locator('li.env-card').filter({ has: list.getByRole('link', { name: 'Production', exact: true }) });
  const reported = page.getByRole('region', { name: 'How it stands', exact: true }).getByRole('link', { name: /^prod-2, front-end, / });
  await expect(boxes('Answers')).toHaveCount(1);
  await expect(card).toContainText('Healthy');
  const member = await demo.platformServer('prod-2');
  const stopped = Date.now();
  process.kill(member, 'SIGSTOP');
  try {
    const told = async (what: Promise<void>) => what.then(() => (Date.now() - stopped) / 1000);
    const seconds = await Promise.all([
      told(expect(reported).toHaveAccessibleName(/Does not answer/, { timeout: 40_000 })),
      told(expect(card).toContainText('Impaired', { timeout: 40_000 })),
      told(expect(boxes('No answer')).toHaveCount(1, { timeout: 40_000 })),
    ]);
    info.annotations.push({ type: 'seconds until told on environment, list, pipelines', description: seconds.join(', ') });
  } finally {
    process.kill(member, 'SIGCONT');
  }
  await expect(boxes('Answers')).toHaveCount(1, { timeout: 40_000 });
  await expect(card).toContainText('Healthy', { timeout: 40_000 });
  await list.close();
  await pipelines.close();
});

test('a controller that falls silent makes its environment unknown since then', async ({ page, demo, administrator, scripts, examine }) => {
  await signIn(page, demo.address, administrator);
  await page.goto(`${demo.address}/i/harbour/environments/acceptance`);
  const newest = page.getByRole('region', { name: 'Timeline', exact: true }).getByRole('listitem').first();
  const controller = await demo.platformServer('acc-1');
  process.kill(controller, 'SIGSTOP');
  try {
    await comes(page, scripts, async () => {
      await expect(newest).toContainText('The deployment controller is silent: nothing is known since.', { timeout: 1_000 });
    });
    await expect(page.getByText('The controller has not reported for more than 15 seconds.')).toBeVisible();
    await examine(page);
    await page.goto(`${demo.address}/i/harbour/pipelines`);
    await expect(page.getByRole('link', { name: /^Environment Acceptance,.*Unknown$/ })).toHaveCount(1);
  } finally {
    process.kill(controller, 'SIGCONT');
  }
  await page.goto(`${demo.address}/i/harbour/environments/acceptance`);
  await comes(page, scripts, async () => {
    await expect(newest).toContainText('The deployment controller is heard again.', { timeout: 1_000 });
  });
  await page.getByRole('link', { name: 'The whole timeline' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Timeline' })).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: 'The deployment controller is silent' }).first()).toBeVisible();
  await examine(page);
});
