import { signIn, test } from '../fixtures/index.ts';

/** The picture of the README: the matrix of the sample infrastructure, after two promotions. */
test('matrix', async ({ page, demo, administrator }) => {
  test.setTimeout(300_000);
  await signIn(page, demo.address, administrator);
  const infrastructure = page.url();
  for (const [application, environment] of [
    ['tides', 'Test'],
    ['tides', 'Acceptance'],
    ['berths', 'Test'],
  ]) {
    await page.goto(`${infrastructure}/applications/${application}`);
    await page.getByRole('link', { name: `Promote to ${environment}` }).click();
    await page.getByRole('button', { name: 'Make the plan' }).click();
    await page.waitForURL(/\/plans\/[0-9a-f-]{36}/);
    const offer = page.getByRole('button', { name: / along$/ });
    while ((await offer.count()) > 0) {
      const first = page.getByRole('button', { name: (await offer.first().innerText()).trim(), exact: true });
      await first.first().click();
      await first.waitFor({ state: 'detached' });
    }
    await page.getByRole('button', { name: /^Deploy to /  }).click();
    await page.getByText('Finished successfully').first().waitFor();
  }
  await page.goto(infrastructure);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.screenshot({ path: process.env.SCREENSHOT ?? 'test-results/matrix.png', animations: 'disabled' });
});
