import { expect, signIn, test } from '../fixtures/index.ts';

test('an environment is changed, gets a front-end with a code, and loses it again', async ({ page, demo, administrator, examine }, { project }) => {
  const name = `Trial ${project.name}`;
  const key = name.toLowerCase().replaceAll(' ', '-');
  await signIn(page, demo.address, administrator);
  const asked = new URLSearchParams({ step: '4', name, purpose: 'acceptance', topology: 'farm', after: 'test', front_ends: 'tri-1' });
  await page.goto(`${demo.address}/i/harbour/environments/new?${asked}`);
  await page.getByRole('button', { name: 'Register the environment' }).click();
  await expect(page.getByRole('heading', { level: 1, name: `${name} is registered` })).toBeVisible();
  await page.getByRole('link', { name: `To ${name}` }).click();
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: `Settings of ${name}` })).toBeVisible();
  await examine(page);

  // What is wrong is said at the field, and what was typed stays.
  const itself = page.getByRole('region', { name: 'The environment', exact: true });
  await itself.getByLabel('Name').fill('Production');
  await itself.getByLabel('Place in the order').selectOption({ label: 'First of all' });
  await itself.getByRole('button', { name: 'Save the environment' }).click();
  await expect(itself.getByLabel('Name')).toHaveAccessibleDescription(/There is an environment called “Production” already/);
  await expect(itself.getByLabel('Place in the order')).toHaveValue('');
  await examine(page);
  await itself.getByLabel('Name').fill(`${name} again`);
  await itself.getByRole('button', { name: 'Save the environment' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The environment is saved.' })).toBeVisible();
  await expect(page.getByRole('heading', { level: 1, name: `Settings of ${name} again` })).toBeVisible();

  // A front-end, with a code that is shown once.
  const add = page.getByRole('region', { name: 'Add a front-end' });
  await add.getByLabel('Name').fill('Tri 2');
  await add.getByLabel('Machine').fill('tri-2.example');
  await add.getByRole('button', { name: 'Add the front-end' }).click();
  const code = page.getByRole('region', { name: 'Enrolment code' });
  await expect(code.getByRole('term')).toHaveText('tri-2');
  await expect(code.getByRole('definition')).toHaveText(/^[a-z0-9]{4}(-[a-z0-9]{4}){3}$/);
  await examine(page);
  await page.goto(`${demo.address}/i/harbour/environments/${key}/settings`);
  await expect(code).toHaveCount(0);

  await page.getByText('Change Tri 2').click();
  const fronts = page.getByRole('region', { name: 'Front-ends', exact: true });
  const machine = fronts.getByLabel('Machine').last();
  await expect(machine).toHaveValue('tri-2.example');
  await machine.fill('tri-2.example.org');
  await fronts.getByRole('button', { name: 'Save the front-end Tri 2' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The front-end “Tri 2” is saved.' })).toBeVisible();

  // The controller leaves last.
  const first = fronts.getByRole('button', { name: 'Take out tri-1' });
  await expect(first).toHaveAttribute('aria-disabled', 'true');
  await expect(first).toHaveAccessibleDescription(/is the deployment controller of .*, which the others need/);
  await fronts.getByRole('button', { name: 'Take out Tri 2' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The front-end is taken out.' })).toBeVisible();

  await page.getByRole('link', { name: `Take ${name} again out` }).click();
  await page.getByRole('button', { name: `Take ${name} again out` }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The environment has left.' })).toBeVisible();
});
