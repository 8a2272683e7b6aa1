import { expect, signIn, test } from '../fixtures/index.ts';

test('a second infrastructure is made from a template, and the switcher leads from one to the other', async ({
  page,
  demo,
  administrator,
  examine,
}, { project }) => {
  const name = `Lower Canal ${project.name}`;
  const key = name.toLowerCase().replaceAll(' ', '-');
  const bar = page.getByRole('banner');
  await signIn(page, demo.address, administrator);
  await page.goto(`${demo.address}/i/harbour/architecture`);
  await page.getByRole('link', { name: 'New infrastructure' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'New infrastructure' })).toBeVisible();
  await examine(page);

  // What is wrong is said at its field, and what was typed stays.
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Key').fill('harbour');
  await page.getByLabel('Reference architecture').selectOption('enterprise');
  await page.getByRole('button', { name: 'Make the infrastructure' }).click();
  await expect(page.locator('#key-problem')).toHaveText('There is an infrastructure “harbour” already; choose another key.');
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(name);
  await expect(page.getByLabel('Reference architecture')).toHaveValue('enterprise');
  await page.getByLabel('Key').fill(key);
  await page.getByRole('button', { name: 'Make the infrastructure' }).click();

  // There, with everything of the template.
  await expect(page.getByText('you are its Administrator')).toBeVisible();
  await expect(page).toHaveURL(`${demo.address}/i/${key}/environments`);
  await expect(bar.locator('summary')).toContainText(name);
  await expect(page.getByRole('link', { name: 'Departmental Production' }).first()).toBeVisible();
  await examine(page);

  // It is named anew, and the switcher knows it at once.
  await page.goto(`${demo.address}/i/${key}/architecture`);
  const named = page.getByRole('region', { name: 'Name and hosting' });
  await named.getByLabel('Name').fill(`${name} West`);
  await named.getByLabel('Hosting').selectOption('azure');
  await named.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('The infrastructure is saved.')).toBeVisible();
  await expect(bar.locator('summary')).toContainText(`${name} West`);
  await examine(page);

  // And back: each has an address of its own.
  await bar.locator('summary').click();
  await bar.getByRole('link', { name: 'Harbour Authority' }).click();
  await expect(page).toHaveURL(`${demo.address}/i/harbour`);
  await expect(bar.locator('summary')).toContainText('Harbour Authority');
  await bar.locator('summary').click();
  await bar.getByRole('link', { name: `${name} West` }).click();
  await expect(page).toHaveURL(`${demo.address}/i/${key}`);
});
