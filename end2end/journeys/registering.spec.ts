import { expect, signIn, test } from '../fixtures/index.ts';

test('an environment is registered in steps, and taken out again', async ({ page, demo, administrator, examine }, { project }) => {
  const name = `Rehearsal ${project.name}`;
  const key = name.toLowerCase().replaceAll(' ', '-');
  await signIn(page, demo.address, administrator);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Environments' }).click();
  await page.getByRole('link', { name: 'Register an environment' }).click();

  // 1. What it is: what is wrong with a field is said there, and what was typed stays.
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Purpose').selectOption({ label: 'Acceptance' });
  await page.getByLabel('Front-ends').fill('reh-1, reh-2');
  await page.getByRole('button', { name: 'To its place' }).click();
  await expect(page.getByText('A standalone environment has one front-end, and these are 2; make it a farm.')).toBeVisible();
  await expect(page.getByLabel('Name')).toHaveValue(name);
  await examine(page);
  await page.getByLabel('Topology').selectOption({ label: 'Farm: several front-ends behind a load balancer' });
  await page.getByRole('button', { name: 'To its place' }).click();

  // 2. Its place.
  await page.getByRole('radio', { name: 'After Test' }).check();
  await examine(page);
  await page.getByRole('button', { name: 'To the roles' }).click();

  // 3. The levels.
  await expect(page.getByText('Administrator has every right in every environment.')).toBeVisible();
  await page.getByLabel('Reader').selectOption({ label: '0 No Access' });
  await examine(page);
  await page.getByRole('button', { name: 'To the summary' }).click();

  // 4. Everything once more, and a way back to each step.
  const summary = page.getByRole('region', { name: 'Summary' });
  for (const said of [name, key, 'farm', 'reh-1, reh-2', 'after Test', '0 No Access']) await expect(summary).toContainText(said);
  await expect(page.getByRole('link', { name: '2. Its place' })).toBeVisible();
  await examine(page);
  await page.getByRole('button', { name: 'Register the environment' }).click();

  await expect(page.getByRole('heading', { level: 1, name: `${name} is registered` })).toBeVisible();
  const codes = page.getByRole('region', { name: 'Enrolment codes' });
  await expect(codes.getByRole('term')).toHaveText(['reh-1', 'reh-2']);
  await expect(codes.getByRole('definition').first()).toHaveText(/^[a-z0-9]{4}(-[a-z0-9]{4})+$/);
  await examine(page);
  await page.getByRole('link', { name: `To ${name}` }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  await expect(page.getByText('Farm, 2 front-ends')).toBeVisible();

  // Maintenance is read by everybody who comes here.
  await page.getByLabel('Reason').fill('The disks are replaced until noon.');
  await page.getByRole('button', { name: 'Put into maintenance' }).click();
  await expect(page.getByText('In maintenance since')).toBeVisible();
  await examine(page);
  await page.getByRole('button', { name: 'End the maintenance' }).click();
  await expect(page.getByText('In maintenance since')).toHaveCount(0);

  // Nothing keeps it.
  await page.getByRole('link', { name: 'Take this environment out' }).click();
  await expect(page.getByText('2 front-ends that are recorded')).toBeVisible();
  await examine(page);
  await page.getByRole('button', { name: `Take ${name} out` }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The environment has left.' })).toBeVisible();
  await expect(page.getByRole('link', { name })).toHaveCount(0);
});

test('a Platform Server enrols with the code of a registered environment, and is heard', async ({ page, demo, administrator, scripts, examine }, { project }) => {
  await signIn(page, demo.address, administrator);
  await page.goto(`${demo.address}/i/harbour/architecture`);
  await page.getByRole('link', { name: 'New infrastructure' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'New infrastructure' })).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill(`Weir Canal ${project.name}`);
  await page.getByLabel('Key').fill(`weir-canal-${project.name}`);
  await page.getByRole('button', { name: 'Make the infrastructure' }).click();
  await expect(page.getByText('you are its Administrator')).toBeVisible();
  await page.goto(`${demo.address}/i/weir-canal-${project.name}/environments/new`);
  await page.getByLabel('Name').fill('Weir');
  await page.getByLabel('Front-ends').fill('weir-1');
  await page.getByRole('button', { name: 'To its place' }).click();
  await page.getByRole('button', { name: 'To the roles' }).click();
  await page.getByRole('button', { name: 'To the summary' }).click();
  await page.getByRole('button', { name: 'Register the environment' }).click();
  const code = await page.getByRole('region', { name: 'Enrolment codes' }).getByRole('definition').first().innerText();
  await page.getByRole('link', { name: 'To Weir' }).click();
  await expect(page.getByText('Not enrolled').first()).toBeVisible();

  const stop = await demo.enrols(code);
  try {
    // The page learns by itself that it is enrolled and heard.
    await expect(async () => {
      if (!scripts) await page.reload();
      await expect(page.getByText('Healthy').first()).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 40_000 });
    const services = page.getByRole('region', { name: 'Platform Server services', exact: true });
    await expect(services.getByRole('row', { name: /^Server\.Identity/ })).toContainText('Running');
    // It is recorded with what it reports.
    await expect(services.getByRole('row', { name: /^Scheduler/ })).toContainText('Running');
    await page.reload();
    await expect(page.getByText('is recorded with scheduler, which it does not report')).toHaveCount(0);
    await examine(page);
  } finally {
    await stop();
  }
});

test('what is used cannot be taken out', async ({ page, demo, administrator }) => {
  await signIn(page, demo.address, administrator);
  await page.goto(`${demo.address}/i/harbour/environments/production/leave`);
  await expect(page.getByText(/^Production cannot be taken out: 2 front-ends are enrolled/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Take Production out' })).toHaveCount(0);
});

test('a pipeline is made, changed and deleted', async ({ page, demo, administrator, examine }, { project }) => {
  const name = `Short ${project.name}`;
  await signIn(page, demo.address, administrator);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Pipelines', exact: true }).click();
  await page.getByRole('link', { name: 'New pipeline' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Key').fill('main');
  await page.getByRole('checkbox', { name: 'Development' }).check();
  await page.getByRole('checkbox', { name: 'Production' }).check();
  await page.getByRole('button', { name: 'Make the pipeline' }).click();
  await expect(page.getByText('There is a pipeline “main” already; choose another key.').first()).toBeVisible();
  await expect(page.getByRole('checkbox', { name: 'Production' })).toBeChecked();
  await examine(page);
  const key = `short-${project.name}`;
  await page.getByLabel('Key').fill(key);
  await page.getByRole('button', { name: 'Make the pipeline' }).click();
  await expect(page.getByRole('status').filter({ hasText: `The pipeline “${name}” is made.` })).toBeVisible();
  const drawing = page.getByRole('region', { name: /^Drawing: Pipelines of/ });
  await expect(drawing).toContainText('Short');

  await page.getByText('The same as a list').click();
  await page.getByRole('link', { name, exact: true }).click();
  await page.getByRole('checkbox', { name: 'mission-critical' }).check();
  await page.getByRole('button', { name: 'Save the pipeline' }).click();
  await expect(page.getByRole('status').filter({ hasText: `The pipeline “${name}” is saved.` })).toBeVisible();
  await page.goto(`${demo.address}/i/harbour/pipelines/${key}`);
  await expect(page.getByRole('checkbox', { name: 'mission-critical' })).toBeChecked();
  await page.getByRole('button', { name: 'Delete the pipeline' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The pipeline is deleted' })).toBeVisible();
  await expect(drawing).not.toContainText('Short');
});
