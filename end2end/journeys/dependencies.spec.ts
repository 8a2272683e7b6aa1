import { expect, signIn, test } from '../fixtures/index.ts';

// Nothing is deployed here, so that other journeys of the same sample find it as it was.
test('who uses whom is seen, and all producers come along in one click', async ({ page, demo, administrator, examine }) => {
  await signIn(page, demo.address, administrator);
  const infrastructure = page.url().replace(/\/$/, '');
  const table = page.getByRole('table');

  await test.step('an environment says who uses whom', async () => {
    await page.goto(`${infrastructure}/environments/development`);
    await page.getByRole('link', { name: 'Dependencies' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Dependencies' })).toBeVisible();
    await expect(page.getByText('Nothing is missing, broken or outdated')).toBeVisible();
    await expect(table.getByRole('row').filter({ hasText: 'Port Desk' }).filter({ hasText: 'Tides' })).toHaveCount(1);
    await examine(page);
  });

  await test.step('an application leads to what is around it, in the drawing and in the table', async () => {
    await table.getByRole('link', { name: 'Tides' }).first().click();
    await expect(page.getByRole('heading', { level: 1, name: 'Around Tides' })).toBeVisible();
    await expect(page.getByRole('region', { name: 'Who uses whom' }).getByRole('link', { name: /Port Desk/ })).toHaveCount(1);
    await examine(page);
    await page.getByRole('link', { name: 'Every application' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Dependencies' })).toBeVisible();
  });

  await test.step('a plan lacks what its application uses; one click brings all of it', async () => {
    await page.goto(`${infrastructure}/plans/new?from=development&to=test&app=port-desk`);
    await page.getByRole('button', { name: 'Make the plan' }).click();
    await page.waitForURL(/\/plans\/[0-9a-f-]{36}/);
    const along = page.getByRole('button', { name: /^Bring all \d producers along$/ });
    await expect(along).toBeVisible();
    await examine(page);
    await along.click();
    await expect(along).toHaveCount(0);
    await expect(page.getByText('Test would hold nothing broken.')).toBeVisible();
    for (const name of ['Port Desk', 'Harbour Theme', 'Tides', 'Berths']) {
      await expect(page.getByRole('row').filter({ hasText: name }).getByText('Fine')).toBeVisible();
    }
  });

  await test.step('what the plan refers to is said with it', async () => {
    await page.getByLabel('Links').fill('https://tracker.example/PORT-7 The change request\nno address');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByText(/Line 2: “no” is no address/).first()).toBeVisible();
    await page.getByLabel('Links').fill('https://tracker.example/PORT-7 The change request');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const link = page.getByRole('link', { name: 'The change request' });
    await expect(link).toHaveAttribute('href', 'https://tracker.example/PORT-7');
    await examine(page);
    await page.getByRole('button', { name: 'Discard this plan' }).click();
    await expect(page.getByRole('status').filter({ hasText: 'The plan is discarded.' })).toBeVisible();
  });
});
