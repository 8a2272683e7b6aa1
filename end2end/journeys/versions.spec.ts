import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, type Locator, type Page } from '@playwright/test';
import { RunningConsole } from '../fixtures/console.ts';
import { signIn, test } from '../fixtures/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const towpath = join(resolve(root, process.env.TOWPATH_BIN ?? 'target/debug'), 'towpath');

/** A package of one static page, whose rota has a signature; or one that uses such a rota of another application. */
async function packaged(key: string, page: string, signature: string, uses?: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'towpath-package-'));
  const [module, called] = uses ? ['user', 'User of the rota'] : ['watch', 'Watch'];
  const manifest = [
    'format = 1',
    `[application]\nkey = "${key}"\nname = "${called}"\nkind = "web"`,
    `[[modules]]\nkey = "${module}"\nname = "${called}"\nkind = "static"\nvirtual_directory = "/${key}"`,
    uses
      ? `[[modules.consumes]]\napplication = "${uses}"\nmodule = "watch"\nelement = "Rota"\nsignature = "${signature}"`
      : `[[modules.produces]]\nname = "Rota"\nkind = "screen"\nsignature = "${signature}"`,
    '',
  ].join('\n');
  await mkdir(join(folder, 'modules', module), { recursive: true });
  await writeFile(join(folder, 'manifest.toml'), manifest);
  await writeFile(join(folder, 'modules', module, 'index.html'), page);
  const file = join(folder, 'watch.oap');
  await promisify(execFile)(towpath, ['package', 'build', folder, '-o', file], { cwd: root });
  const bytes = await readFile(file);
  await rm(folder, { recursive: true });
  return bytes;
}

/** Waits for something that comes by itself; without scripts by loading the page again, as a person would. */
async function comes(page: Page, what: Locator): Promise<void> {
  await expect(async () => {
    await page.reload();
    await expect(what).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 90_000, intervals: [500] });
}

/** Publishes a package and waits until it runs. */
async function publish(page: Page, infrastructure: string, bytes: Buffer, environment = 'development'): Promise<void> {
  await page.goto(`${infrastructure}/environments/${environment}`);
  await page.getByLabel('Package file (.oap)').setInputFiles({ name: 'watch.oap', mimeType: 'application/octet-stream', buffer: bytes });
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.waitForURL(/\/deployments\/[0-9a-f-]{36}/);
  await comes(page, page.getByText('Finished successfully').first());
}

/** Deploys an application and waits until it runs there; outside the pipelines it says why. */
async function deploy(page: Page, infrastructure: string, from: string, to: string, app: string): Promise<void> {
  await page.goto(`${infrastructure}/plans/new?from=${from}&to=${to}&app=${app}`);
  await page.getByRole('button', { name: 'Make the plan' }).click();
  await page.waitForURL(/\/plans\/[0-9a-f-]{36}/);
  const why = page.getByLabel('Why it goes there');
  if ((await why.count()) > 0) await why.fill('A fix for Production');
  await page.getByRole('button', { name: /^Deploy to / }).click();
  await page.waitForURL(/\/deployments\/[0-9a-f-]{36}/);
  await comes(page, page.getByText('Finished successfully').first());
}

const said = (page: Page, text: string | RegExp) => page.getByRole('status').filter({ hasText: text });

test('an application from its creation to its versions', async ({ page, demo, administrator, examine }, info) => {
  test.setTimeout(400_000);
  const key = `watch-${info.project.name}`;
  const name = `Night Watch ${info.project.name}`;
  await signIn(page, demo.address, administrator);
  const infrastructure = page.url().replace(/\/$/, '');
  const application = `${infrastructure}/applications/${key}`;

  await test.step('create it before it has a package', async () => {
    await page.getByRole('link', { name: 'New application' }).first().click();
    await examine(page);
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('Key').fill('Not A Key');
    await page.getByRole('button', { name: 'Create it' }).click();
    await expect(page.getByText(/“Not A Key”/).first()).toBeVisible();
    await expect(page.getByLabel('Name', { exact: true })).toHaveValue(name);
    await page.getByLabel('Key').fill(key);
    await page.getByRole('button', { name: 'Create it' }).click();
    await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
    await examine(page);
  });

  await test.step('block it from Test, and see what a plan says', async () => {
    const test = page.getByRole('region', { name: 'Test', exact: true });
    await test.getByText('Block from here').click();
    await test.getByLabel('Why').fill('No licence yet');
    await test.getByRole('button', { name: `Block ${name} from Test` }).click();
    await expect(said(page, 'It is blocked from there.')).toBeVisible();
    await expect(test.getByText(`${name} is blocked from Test: No licence yet.`)).toBeVisible();
    await page.goto(infrastructure);
    await expect(page.getByRole('row', { name: new RegExp(name) }).getByText('Blocked')).toBeVisible();
    await publish(page, infrastructure, await packaged(key, 'first', '1'));
    await page.goto(`${infrastructure}/plans/new?from=development&to=test&app=${key}`);
    await page.getByRole('button', { name: 'Make the plan' }).click();
    await page.waitForURL(/\/plans\/[0-9a-f-]{36}/);
    await expect(page.getByText(`${name} is blocked from Test: No licence yet.`).first()).toBeVisible();
    await expect(page.getByRole('button', { name: 'Deploy to Test' })).toHaveAttribute('aria-disabled', 'true');
    await examine(page);
    const plan = page.url();
    await page.goto(application);
    await page.getByRole('button', { name: `Lift the block of ${name} from Test` }).click();
    await expect(said(page, 'The block is lifted.')).toBeVisible();
    await page.goto(plan);
    await page.getByRole('button', { name: 'Deploy to Test' }).click();
    await page.waitForURL(/\/deployments\/[0-9a-f-]{36}/);
    await comes(page, page.getByText('Finished successfully').first());
  });

  await test.step('tag what is modified, several at once', async () => {
    await publish(page, infrastructure, await packaged(key, 'second', '2'));
    await page.goto(`${infrastructure}/environments/development/modified`);
    await examine(page);
    for (const box of await page.getByRole('checkbox').all()) await box.uncheck();
    await page.getByRole('checkbox', { name }).check();
    await expect(page.getByLabel(`Number for ${name}`)).toHaveValue('0.2.0');
    await page.getByLabel('Change log for all of them').fill('The second one.');
    await page.getByRole('button', { name: 'Tag the chosen ones' }).click();
    await expect(said(page, `Tagged: ${key} 0.2.0.`)).toBeVisible();
  });

  await test.step('what does not fit its producer is marked, found, and whole again', async () => {
    const user = `${key}-user`;
    const broken = page.getByRole('link', { name: /^Broken or outdated/ });
    await publish(page, infrastructure, await packaged(user, 'user', '1', key));
    await page.goto(infrastructure);
    await broken.click();
    await expect(page.getByRole('row').filter({ has: page.locator(`a[href$="/applications/${user}"]`) }).first()).toContainText('Broken');
    await expect(page.getByRole('row', { name: new RegExp(name) })).toHaveCount(0);
    await examine(page);
    await page.goto(`${infrastructure}/applications/${user}`);
    await examine(page);
    await page.getByRole('link', { name: 'Broken in Development: what it uses' }).click();
    await expect(page.getByText('Broken: another signature').first()).toBeVisible();
    await publish(page, infrastructure, await packaged(user, 'user', '2', key));
    await page.goto(`${infrastructure}?unmet=yes`);
    await expect(page.locator(`a[href$="/applications/${user}"]`)).toHaveCount(0);
  });

  await test.step('compare two versions', async () => {
    await page.goto(`${application}/versions/0.2.0`);
    await expect(page.getByText('The second one.')).toBeVisible();
    await examine(page);
    await page.getByRole('link', { name: 'Compare with 0.1.0' }).click();
    await expect(page.getByText('1 offered element is gone or has another signature')).toBeVisible();
    await expect(page.getByRole('row', { name: /Rota/ }).getByText('Changed')).toBeVisible();
    await expect(page.getByRole('row', { name: /Watch/ }).first().getByText('other content')).toBeVisible();
    await examine(page);
    await page.getByLabel('From', { exact: true }).selectOption({ label: 'what Test runs (0.1.0)' });
    await page.getByLabel('To', { exact: true }).selectOption({ label: '0.1.0' });
    await page.getByRole('button', { name: 'Compare' }).click();
    await expect(page.getByText('Both are the same bytes.')).toBeVisible();
  });

  await test.step('tag from an earlier one', async () => {
    await page.goto(`${application}/versions/0.1.0`);
    await page.getByLabel('Tagged in').selectOption({ value: 'development' });
    await page.getByLabel('New number').fill('0.2.0');
    await page.getByRole('button', { name: 'Tag it again' }).click();
    await expect(page.getByText('A version number grows: choose one above 0.2.0, such as 0.2.1.').first()).toBeVisible();
    await page.getByLabel('New number').fill('');
    await page.getByRole('button', { name: 'Tag it again' }).click();
    await page.waitForURL(/\/versions\/0\.2\.1$/);
    await expect(said(page, 'Version 0.2.1 is tagged; it has the content of 0.1.0.')).toBeVisible();
    await page.getByRole('button', { name: 'Delete this version' }).click();
    await expect(said(page, 'Version 0.2.1 is deleted.')).toBeVisible();
  });

  await test.step('what was rolled back is pinned, until somebody lifts the pin', async () => {
    await deploy(page, infrastructure, 'development', 'test', key);
    await page.getByRole('link', { name: 'Roll back' }).click();
    await page.getByLabel('Why it is rolled back').fill('Too early.');
    await page.getByRole('button', { name: 'Roll back' }).click();
    await expect(page.getByRole('heading', { level: 1, name: /^Roll back / })).toBeVisible();
    await comes(page, page.getByText('Finished successfully').first());
    await page.goto(`${infrastructure}/plans/new?from=development&to=test&app=${key}`);
    await page.getByRole('button', { name: 'Make the plan' }).click();
    await page.waitForURL(/\/plans\/[0-9a-f-]{36}/);
    await expect(page.getByRole('button', { name: 'Deploy to Test' })).toHaveAttribute('aria-disabled', 'true');
    await expect(page.getByText(/is pinned in Test/).first()).toBeVisible();
    await page.goto(application);
    await examine(page);
    await page.getByRole('button', { name: /^Lift the pin/ }).click();
    await expect(said(page, /pin is lifted/)).toBeVisible();
  });

  await test.step('rename it, and see who uses it', async () => {
    await page.goto(application);
    await page.getByLabel('Name', { exact: true }).fill(`${name} II`);
    await page.getByRole('button', { name: 'Save name and description' }).click();
    await expect(said(page, /Packages that were published already say/)).toBeVisible();
    await page.getByRole('link', { name: 'Who uses it, and retiring it' }).click();
    await expect(page.getByRole('heading', { level: 1, name: `Who uses ${name} II` })).toBeVisible();
    await expect(page.getByText(`${name} II runs in 2 environments.`)).toBeVisible();
    await examine(page);
    await page.goto(`${infrastructure}/retired-applications`);
    await examine(page);
  });
});

test('a fix in Production finds its way back', async ({ page, examine }) => {
  test.setTimeout(400_000);
  // A sample of its own: it gets an environment more.
  const demo = await RunningConsole.start('demo', /password:?\s+\S+/i);
  const data = await mkdtemp(join(tmpdir(), 'towpath-workshop-'));
  let workshop: ReturnType<typeof spawn> | undefined;
  try {
    await signIn(page, demo.address, { username: demo.told('user'), password: demo.told('password') });
    const infrastructure = page.url().replace(/\/$/, '');

    await test.step('a workshop beside the pipeline', async () => {
      await page.goto(`${infrastructure}/environments/new`);
      await page.getByLabel('Name').fill('Workshop');
      await page.getByLabel('Purpose').selectOption({ label: 'Development' });
      await page.getByLabel('Front-ends').fill('fix-1');
      await page.getByRole('button', { name: 'To its place' }).click();
      await page.getByRole('radio', { name: 'After Production' }).check();
      await page.getByRole('button', { name: 'To the roles' }).click();
      await page.getByRole('button', { name: 'To the summary' }).click();
      await page.getByRole('button', { name: 'Register the environment' }).click();
      const code = page.getByRole('region', { name: 'Enrolment codes' }).getByRole('definition').first();
      const server = join(resolve(root, process.env.TOWPATH_BIN ?? 'target/debug'), 'towpath-platform');
      const enrol = ['enrol', '--console', demo.address, '--code', (await code.innerText()).trim(), '--data', data];
      await promisify(execFile)(server, enrol);
      workshop = spawn(server, ['run', '--data', data], { stdio: 'ignore' });
    });

    await test.step('the same everywhere, then a fix for Production', async () => {
      await publish(page, infrastructure, await packaged('watch', 'first', '1'));
      for (const [from, to] of [['development', 'test'], ['development', 'production'], ['production', 'workshop']]) {
        await deploy(page, infrastructure, from, to, 'watch');
      }
      await publish(page, infrastructure, await packaged('watch', 'fixed', '1'), 'workshop');
      await page.goto(`${infrastructure}/environments/workshop/modified`);
      await expect(page.getByLabel('Number for Watch')).toHaveValue('0.1.1');
      await deploy(page, infrastructure, 'workshop', 'production', 'watch');
      await page.goto(infrastructure);
      await expect(page.getByRole('row', { name: /Watch/ }).getByText('Hotfix').first()).toBeVisible();
    });

    await test.step('one stage back by a plan, and the others by their source', async () => {
      const hotfixes = page.getByRole('region', { name: 'Hotfixes' });
      await page.goto(`${infrastructure}/applications/watch`);
      await expect(hotfixes.getByText('Production runs 0.1.1, which earlier stages never had')).toBeVisible();
      await examine(page);
      await hotfixes.getByRole('link', { name: 'Plan it back to Test' }).first().click();
      await page.getByRole('button', { name: 'Make the plan' }).click();
      await page.waitForURL(/\/plans\/[0-9a-f-]{36}/);
      await page.getByLabel('Why it goes there').fill('The fix goes back');
      await page.getByRole('button', { name: 'Deploy to Test' }).click();
      await page.waitForURL(/\/deployments\/[0-9a-f-]{36}/);
      await comes(page, page.getByText('Finished successfully').first());
      await page.goto(`${infrastructure}/applications/watch`);
      await expect(hotfixes.getByRole('link', { name: 'Plan it back to Test' })).toHaveCount(0);
      await hotfixes.getByText('Mark as solved').first().click();
      await hotfixes.getByLabel('How the change got into the earlier stages').first().fill('Merged into the source');
      await hotfixes.getByRole('button', { name: 'Mark the hotfix in Test as solved' }).click();
      await expect(said(page, 'The hotfix is solved.')).toBeVisible();
      await expect(hotfixes.getByText('Merged into the source')).toBeVisible();
      await examine(page);
    });
  } finally {
    workshop?.kill('SIGTERM');
    // A page that is still open would go on asking for its events.
    await page.goto('about:blank');
    await demo.stop();
    await rm(data, { recursive: true, force: true });
  }
});
