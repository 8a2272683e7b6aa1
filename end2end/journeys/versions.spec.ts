import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, type Locator, type Page } from '@playwright/test';
import { signIn, test } from '../fixtures/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const towpath = join(resolve(root, process.env.TOWPATH_BIN ?? 'target/debug'), 'towpath');

/** A package of one static page, whose theme has a signature. */
async function packaged(key: string, page: string, signature: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'towpath-package-'));
  const manifest = [
    'format = 1',
    `[application]\nkey = "${key}"\nname = "Watch"\nkind = "web"`,
    `[[modules]]\nkey = "watch"\nname = "Watch"\nkind = "static"\nvirtual_directory = "/${key}"`,
    `[[modules.produces]]\nname = "Rota"\nkind = "screen"\nsignature = "${signature}"`,
    '',
  ].join('\n');
  await mkdir(join(folder, 'modules/watch'), { recursive: true });
  await writeFile(join(folder, 'manifest.toml'), manifest);
  await writeFile(join(folder, 'modules/watch/index.html'), page);
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

/** Publishes a package into Development and waits until it runs. */
async function publish(page: Page, infrastructure: string, bytes: Buffer): Promise<void> {
  await page.goto(`${infrastructure}/environments/development`);
  await page.getByLabel('Package file (.oap)').setInputFiles({ name: 'watch.oap', mimeType: 'application/octet-stream', buffer: bytes });
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
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
    for (const box of await page.getByRole('checkbox', { checked: true }).all()) await box.uncheck();
    await page.getByRole('checkbox', { name }).check();
    await expect(page.getByLabel(`Number for ${name}`)).toHaveValue('0.2.0');
    await page.getByLabel('Change log for all of them').fill('The second one.');
    await page.getByRole('button', { name: 'Tag the chosen ones' }).click();
    await expect(said(page, `Tagged: ${key} 0.2.0.`)).toBeVisible();
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
    await page.getByLabel('From').selectOption({ label: 'what Test runs (0.1.0)' });
    await page.getByLabel('To').selectOption({ label: '0.1.0' });
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
