import type { Page } from '@playwright/test';
import { expect, signIn, test } from '../fixtures/index.ts';

/** The page says that something was done. */
async function told(page: Page, words: string): Promise<void> {
  await expect(page.getByRole('status').filter({ hasText: words })).toBeVisible();
}

test('a database server, a catalog on it, a zone and a tool are recorded, and what is used stays', async ({ page, demo, administrator, examine }, { project }) => {
  const of = project.name;
  const slug = of.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  await signIn(page, demo.address, administrator);
  const asked = new URLSearchParams({ step: '4', name: `Parts ${of}`, purpose: 'acceptance', topology: 'farm', after: 'test', front_ends: `parts-${slug}` });
  await page.goto(`${demo.address}/i/harbour/environments/new?${asked}`);
  await page.getByRole('button', { name: 'Register the environment' }).click();
  await expect(page.getByRole('heading', { level: 1, name: `Parts ${of} is registered` })).toBeVisible();
  const architecture = `${demo.address}/i/harbour/architecture`;
  const settings = `${demo.address}/i/harbour/environments/parts-${slug}/settings`;

  // A database server: what is wrong is said at each field, and what was typed stays.
  await page.goto(architecture);
  const databases = page.getByRole('region', { name: 'Database servers', exact: true });
  await databases.getByRole('link', { name: 'Add a database server' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'New database server' })).toBeVisible();
  await examine(page);
  await page.getByLabel('Name', { exact: true }).fill(`Ledger ${of}`);
  await page.getByLabel('Engine').selectOption({ label: 'Oracle' });
  await page.getByLabel('Machine').fill('not a host');
  await page.getByLabel('Cores').fill('many');
  await page.getByRole('button', { name: 'Add the database server' }).click();
  await expect(page.getByLabel('Machine')).toHaveAccessibleDescription(/“not a host” is no host/);
  await expect(page.getByLabel('Cores')).toHaveAccessibleDescription(/“many” is no whole number from 1 to 65535/);
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(`Ledger ${of}`);
  await expect(page.getByLabel('Engine')).toHaveValue('oracle');
  await examine(page);
  await page.getByLabel('Machine').fill('ledger.example:1521');
  await page.getByLabel('Cores').fill('8');
  await page.getByLabel('Memory').fill('64');
  await page.getByRole('button', { name: 'Add the database server' }).click();
  await told(page, `The database server “Ledger ${of}” is added.`);
  const ledger = databases.getByRole('row').filter({ hasText: `Ledger ${of}` });
  await expect(ledger).toContainText('ledger.example:1521');
  await expect(ledger).toContainText('8 cores, 64 GiB');
  await examine(page);

  // A catalog on it.
  await page.goto(settings);
  await examine(page);
  const catalogs = page.getByRole('region', { name: 'Catalogs', exact: true });
  const record = async (which: string, name: string) => {
    await catalogs.getByRole('link', { name: 'Add a catalog' }).click();
    await page.getByLabel('Which catalog').selectOption({ label: which });
    await page.getByLabel('Database server').selectOption({ label: `Ledger ${of}` });
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByRole('button', { name: 'Add the catalog' }).click();
  };
  await record('Platform', 'APPS');
  await told(page, 'The catalog “Platform catalog” is added.');
  // The same name on the same server is refused at the field.
  await record('Log', 'apps');
  await expect(page.getByLabel('Name', { exact: true })).toHaveAccessibleDescription(new RegExp(`The catalog “apps” on Ledger ${of} is the Platform catalog of Parts ${of} already`));
  await expect(page.getByLabel('Which catalog')).toHaveValue('log');
  await examine(page);
  await page.getByLabel('Name', { exact: true }).fill('APPS_LOG');
  await page.getByRole('button', { name: 'Add the catalog' }).click();
  await told(page, 'The catalog “Log catalog” is added.');
  await expect(catalogs.getByRole('row').filter({ hasText: 'Log catalog' })).toContainText(`Ledger ${of}`);

  // A zone, which becomes the default one, and the other back again.
  const zones = page.getByRole('region', { name: 'Deployment zones', exact: true });
  await zones.getByRole('link', { name: 'Add a deployment zone' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Back office');
  await page.getByLabel('Default zone').check();
  await page.getByRole('button', { name: 'Add the deployment zone' }).click();
  await told(page, 'The deployment zone “Back office” is added.');
  await expect(zones.getByRole('row').filter({ hasText: 'Back office' })).toContainText('Default');
  await zones.getByRole('link', { name: 'Change Back office' }).click();
  const out = page.getByRole('button', { name: 'Take out Back office' });
  await expect(out).toHaveAttribute('aria-disabled', 'true');
  await expect(out).toHaveAccessibleDescription(/is the default deployment zone of .*make another zone the default first/);
  await examine(page);
  await page.getByRole('link', { name: 'Back', exact: true }).click();
  await zones.getByRole('link', { name: 'Change Default' }).click();
  await page.getByLabel('Default zone').check();
  await page.getByRole('button', { name: 'Save the deployment zone' }).click();
  await told(page, 'The deployment zone “Default” is saved.');
  await zones.getByRole('link', { name: 'Change Back office' }).click();
  await page.getByRole('button', { name: 'Take out Back office' }).click();
  await told(page, 'The deployment zone “Back office” is taken out.');
  await expect(zones.getByRole('row').filter({ hasText: 'Back office' })).toHaveCount(0);

  // A tool, added, changed and taken out.
  await page.goto(architecture);
  const tools = page.getByRole('region', { name: 'Tools', exact: true });
  await tools.getByRole('link', { name: 'Add a tool' }).click();
  await page.getByLabel('Name', { exact: true }).fill(`Builds ${of}`);
  await page.getByLabel('Kind').selectOption({ label: 'Mobile build service' });
  await page.getByLabel('Address').fill('https://builds.example');
  await page.getByRole('button', { name: 'Add the tool' }).click();
  await told(page, `The tool “Builds ${of}” is added.`);
  await tools.getByRole('link', { name: `Change Builds ${of}` }).click();
  await page.getByLabel('What for').fill('Builds packages for phones.');
  await page.getByRole('button', { name: 'Save the tool' }).click();
  await told(page, `The tool “Builds ${of}” is saved.`);
  await expect(tools.getByRole('row').filter({ hasText: `Builds ${of}` })).toContainText('Builds packages for phones.');
  await tools.getByRole('link', { name: `Change Builds ${of}` }).click();
  await page.getByRole('button', { name: `Take out Builds ${of}` }).click();
  await told(page, `The tool “Builds ${of}” is taken out.`);

  // The database server says who keeps it.
  await databases.getByRole('link', { name: `Change Ledger ${of}` }).click();
  const stays = page.getByRole('button', { name: `Take out Ledger ${of}` });
  await expect(stays).toHaveAccessibleDescription(new RegExp(`it is used by the Platform and Log catalogs of Parts ${of}`));
  await examine(page);

  // As it was: the environment leaves with its catalogs, and the server after it.
  await page.goto(`${demo.address}/i/harbour/environments/parts-${slug}/leave`);
  await page.getByRole('button', { name: `Take Parts ${of} out` }).click();
  await told(page, 'The environment has left.');
  await page.goto(architecture);
  await databases.getByRole('link', { name: `Change Ledger ${of}` }).click();
  await page.getByRole('button', { name: `Take out Ledger ${of}` }).click();
  await told(page, `The database server “Ledger ${of}” is taken out.`);
});
