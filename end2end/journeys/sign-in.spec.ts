import { expect } from '@playwright/test';
import { RunningConsole } from '../fixtures/console.ts';
import { signIn, test } from '../fixtures/index.ts';

test('a wrong password is refused in the same words as an unknown name', async ({ page, demo, administrator, examine }) => {
  const sentences: string[] = [];
  for (const who of [{ ...administrator, password: 'not it at all' }, { username: 'nobody', password: 'not it at all' }]) {
    await page.goto(`${demo.address}/sign-in`);
    await page.getByLabel('User name').fill(who.username);
    await page.getByLabel('Password', { exact: true }).fill(who.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    const alert = page.getByRole('alert');
    await expect(alert).toBeVisible();
    await expect(page).toHaveURL(/\/sign-in/);
    await expect(page.getByLabel('User name')).toHaveValue(who.username);
    await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
    sentences.push((await alert.innerText()).trim());
  }
  expect(sentences[1]).toBe(sentences[0]);
  await examine(page);
});

test('who signs out is out', async ({ page, demo, administrator }) => {
  await signIn(page, demo.address, administrator);
  const inside = page.url();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(/\/sign-in/);
  await page.goto(inside);
  await expect(page).toHaveURL(/\/sign-in/);
});

test('a page that keeps itself up to date does not count as use of the session', async ({
  page,
  demo,
  administrator,
  scripts,
}) => {
  test.skip(!scripts, 'without scripts no page asks by itself');
  await signIn(page, demo.address, administrator);
  const own = page.waitForRequest((request) => request.resourceType() === 'fetch' && request.url() === page.url());
  await page.reload();
  expect(await (await own).headerValue('towpath-refresh')).toBe('1');
});

test('one sees where one is signed in, and ends what one does not know', async ({
  page,
  browser,
  demo,
  administrator,
  scripts,
  examine,
}) => {
  await signIn(page, demo.address, administrator);
  const elsewhere = await browser.newContext({ javaScriptEnabled: scripts });
  try {
    const other = await elsewhere.newPage();
    await signIn(other, demo.address, administrator);
    await page.getByRole('link', { name: /your profile$/ }).click();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    const sessions = page.getByRole('region', { name: 'Your sessions' }).getByRole('row');
    await expect(sessions.filter({ hasText: 'This one' })).toHaveCount(1);
    await expect(sessions.filter({ hasText: '127.0.0.1' }).first()).toBeVisible();
    await examine(page);
    await page.getByRole('button', { name: 'End all others' }).click();
    await expect(page.getByRole('status').filter({ hasText: /ended/ })).toBeVisible();
    await expect(page.getByRole('button', { name: 'End all others' })).toHaveCount(0);

    await other.goto(`${demo.address}/profile`);
    await expect(other).toHaveURL(/\/sign-in/);
    await expect(other.getByText('You were signed out because you ended this session from another one.')).toBeVisible();
  } finally {
    await elsewhere.close();
  }
});

test('a new password is asked for twice, and is none of the common ones', async ({ page, demo, administrator, examine }) => {
  await signIn(page, demo.address, administrator);
  await page.goto(`${demo.address}/profile`);
  const change = async (old: string, fresh: string, again: string) => {
    await page.getByLabel('Present password').fill(old);
    await page.getByLabel('New password', { exact: true }).fill(fresh);
    await page.getByLabel('New password, once more').fill(again);
    await page.getByRole('button', { name: 'Change the password' }).click();
  };
  await change(administrator.password, 'seven swans on the cut', 'seven swans on the lock');
  await expect(page.getByText('The two new passwords differ; type the same twice.').first()).toBeVisible();
  await change(administrator.password, '1qaz2wsx3edc', '1qaz2wsx3edc');
  await expect(page.getByText(/one of the most common ones/).first()).toBeVisible();
  await change('not the present one', 'seven swans on the cut', 'seven swans on the cut');
  await expect(page.getByText('This is not your present password.').first()).toBeVisible();
  await examine(page);
});

test('a console without users is set up with the code from the terminal', async ({ page, examine }) => {
  const console = await RunningConsole.start('serve', /code:?\s+\S+/i);
  try {
    await page.goto(console.address);
    await page.waitForURL(/\/set-up/);
    await examine(page);

    const fill = async (code: string) => {
      await page.getByLabel('Set-up code').fill(code);
      await page.getByLabel('User name').fill('ines');
      await page.getByLabel('Name', { exact: true }).fill('Ines Duarte');
      await page.getByLabel('E-mail').fill('ines@example.org');
      await page.getByLabel('Password', { exact: true }).fill('a lock keeper on the canal');
      await page.getByRole('button', { name: 'Set up' }).click();
    };
    await fill('AAAA-AAAA-AAAA');
    await expect(page.getByRole('alert')).toBeVisible();
    await expect(page).toHaveURL(/\/set-up/);

    await fill(console.told('code'));
    await expect(page).not.toHaveURL(/\/set-up/);
    await page.goto(`${console.address}/set-up`);
    await expect(page.getByLabel('Set-up code')).toHaveCount(0);
  } finally {
    // A page that is still open would go on asking for its events.
    await page.goto('about:blank');
    await console.stop();
  }
});
