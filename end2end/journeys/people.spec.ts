import { expect, type Page } from '@playwright/test';
import { signIn, test } from '../fixtures/index.ts';

/** Opens the list of IT users by the navigation. */
async function people(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^IT users/ }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'IT users' })).toBeVisible();
}

/** Adds a user with a role, and gives the first password that the page suggested. */
async function add(page: Page, username: string, name: string, role: string): Promise<string> {
  await people(page);
  await page.getByRole('link', { name: 'New IT user' }).click();
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('E-mail').fill(`${username}@example.org`);
  await page.getByLabel('Default role').selectOption({ label: role });
  const password = await page.getByLabel('First password').inputValue();
  await page.getByRole('button', { name: 'Add the user' }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  return password;
}

test('an administrator adds a user, who signs in; rights that are taken away are gone at the next click', async ({
  page,
  browser,
  demo,
  administrator,
  scripts,
  examine,
}, info) => {
  const username = `mia.${info.project.name}`;
  await signIn(page, demo.address, administrator);
  const password = await add(page, username, `Mia ${info.project.name}`, 'Administrator');
  await examine(page);

  const context = await browser.newContext({ javaScriptEnabled: scripts });
  try {
    const other = await context.newPage();
    await signIn(other, demo.address, { username, password });
    await people(other);

    // The role is taken away while the page of the other one is open.
    await page.getByLabel('New role').selectOption({ label: 'Reader' });
    await page.getByRole('button', { name: 'Preview' }).click();
    await expect(page).toHaveURL(/role=/);
    await expect(page.getByText('Manage Infrastructure and Users', { exact: false }).first()).toBeVisible();
    await expect(page.getByRole('list', { name: 'Gains and losses' })).toBeVisible();
    await examine(page);
    await page.getByLabel('Reason').fill('Leaves the team');
    await page.getByRole('button', { name: 'Make Reader the default role' }).click();
    await expect(page.getByText('The default role is changed.', { exact: false })).toBeVisible();

    await other.getByRole('main').getByRole('link', { name: `Mia ${info.project.name}`, exact: true }).click();
    await expect(other.getByRole('button', { name: 'Preview' })).toHaveAttribute('aria-disabled', 'true');
    const answer = await other.goto(`${new URL(other.url()).origin}${new URL(page.url()).pathname.replace(/\/users\/.*/, '/users')}`);
    expect(answer?.status()).toBe(403);

    await page.getByRole('button', { name: 'End all sessions' }).click();
    await expect(page.getByText('Nobody is signed in with this user.')).toBeVisible();
    await other.goto(`${demo.address}/profile`);
    await expect(other.getByText('You were signed out because an administrator ended your session.')).toBeVisible();
  } finally {
    await context.close();
  }
});

test('who failed too often is let in again by an administrator', async ({ page, browser, demo, administrator, scripts }, info) => {
  const username = `otto.${info.project.name}`;
  await signIn(page, demo.address, administrator);
  const password = await add(page, username, `Otto ${info.project.name}`, 'Reader');
  const context = await browser.newContext({ javaScriptEnabled: scripts });
  try {
    const other = await context.newPage();
    const attempt = async (word: string) => {
      await other.goto(`${demo.address}/sign-in`);
      await other.getByLabel('User name').fill(username);
      await other.getByLabel('Password', { exact: true }).fill(word);
      await other.getByRole('button', { name: 'Sign in' }).click();
    };
    for (let n = 0; n < 6; n++) await attempt('not the password');
    await attempt(password);
    await expect(other.getByText(/too many failed sign-ins/)).toBeVisible();
    await page.reload();
    await page.getByRole('button', { name: 'Let in again at once' }).click();
    await expect(page.getByText('Failed sign-ins are forgotten', { exact: false })).toBeVisible();
    await attempt(password);
    await other.waitForURL(/\/i\//);
  } finally {
    await context.close();
  }
});

test('a user name that looks like another one is refused, and what was typed stays', async ({ page, demo, administrator, examine }, info) => {
  await signIn(page, demo.address, administrator);
  await add(page, `bob.${info.project.name}`, `Bob ${info.project.name}`, 'Reader');
  await people(page);
  await page.getByRole('link', { name: 'New IT user' }).click();
  await page.getByLabel('User name').fill(`b0b.${info.project.name}`);
  await page.getByLabel('Name', { exact: true }).fill('Robert');
  await page.getByLabel('Default role').selectOption({ label: 'Reader' });
  await page.getByRole('button', { name: 'Add the user' }).click();
  await expect(page.getByText(/looks like the user name “bob\./).first()).toBeVisible();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Robert');
  await examine(page);
});

test('one chooses dark, and every page is dark from then on', async ({ page, demo, administrator, examine }, info) => {
  const username = `nora.${info.project.name}`;
  await signIn(page, demo.address, administrator);
  const password = await add(page, username, `Nora ${info.project.name}`, 'Reader');
  // Also where the browser itself says light.
  const dark = () => expect(page.locator('html')).toHaveCSS('color-scheme', 'dark');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await signIn(page, demo.address, { username, password });
  await page.goto(`${demo.address}/profile`);
  await page.getByLabel('Theme').selectOption('dark');
  await page.getByLabel('Time zone').selectOption('Asia/Kolkata');
  await page.getByRole('button', { name: 'Save' }).click();
  await dark();
  await expect(page.getByText(/ IST$/).first()).toBeVisible();
  await examine(page);
  await page.goto(demo.address);
  await dark();
});
