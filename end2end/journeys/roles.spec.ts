import type { Page } from '@playwright/test';
import { expect, signIn, test } from '../fixtures/index.ts';

test('a role that would open production to a team is previewed, kept as it is, then saved', async ({ page, demo, administrator, examine }) => {
  await demo.command('user', 'add', 'ines', '--name', 'Ines Duarte', '--role', 'Reader');
  await signIn(page, demo.address, administrator);
  const home = page.url();

  // A role for a team, which lists everywhere.
  await page.getByRole('link', { name: 'Roles', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Roles' })).toBeVisible();
  await examine(page);
  await page.getByRole('link', { name: 'New role' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Pilot');
  const levels = page.getByLabel('Level', { exact: true });
  const environments = (await levels.count()) - 1;
  expect(environments).toBeGreaterThan(2);
  for (let n = 0; n < environments; n += 1) await levels.nth(n).selectOption({ label: '2 List Applications' });
  await page.getByRole('button', { name: 'Show what it would give' }).click();
  await expect(page.getByRole('heading', { name: '“Pilot” would give' })).toBeVisible();
  await examine(page);
  await page.getByRole('button', { name: 'Make the role' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The role “Pilot” is made.' })).toBeVisible();
  const role = page.url();

  // A team with an application and somebody who has that role in it.
  await page.getByRole('link', { name: 'Teams', exact: true }).click();
  await page.getByRole('link', { name: 'New team' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Lock keepers');
  await page.getByRole('button', { name: 'Make the team' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Lock keepers' })).toBeVisible();
  const team = page.url();
  const application = await firstApplication(page, home);
  await page.goto(team);
  await page.getByLabel('Name or key of an application').fill(application);
  await page.getByRole('button', { name: 'Find applications' }).click();
  await page.getByRole('button', { name: 'Give to team' }).first().click();
  await page.getByRole('button', { name: 'Give it to the team' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'belongs to the team' })).toBeVisible();
  await page.getByLabel('Name or user name of a person').fill('ines');
  await page.getByRole('button', { name: 'Find people' }).click();
  await page.getByLabel('Role of Ines Duarte in the team').selectOption({ label: 'Pilot' });
  await page.getByRole('button', { name: 'Add to team: Ines Duarte' }).click();
  await expect(page.getByRole('heading', { name: 'What this would change' })).toBeVisible();
  await examine(page);
  await page.getByRole('button', { name: 'Save the member' }).click();
  await expect(page.getByRole('region', { name: 'Members' }).getByText('Pilot').first()).toBeVisible();

  // The role is to deploy in production: told before it is saved.
  await page.goto(role);
  const production = page.getByRole('group', { name: /production/i });
  await production.getByLabel('Level').selectOption({ label: '5 Change and Deploy' });
  await page.getByRole('button', { name: 'Show what this would change' }).click();
  const preview = page.getByRole('region', { name: 'What this would change' });
  await expect(preview.getByText('This opens production.')).toBeVisible();
  await expect(preview.getByText(/Change and Deploy\. It concerns 1 person/)).toBeVisible();
  await examine(page);
  // Cancelled: nothing has changed.
  await preview.getByRole('link', { name: 'Keep it as it is' }).click();
  await expect(page.getByRole('region', { name: 'What this would change' })).toHaveCount(0);
  await expect(production.getByLabel('Level')).toHaveValue('2');
  // Saved.
  await production.getByLabel('Level').selectOption({ label: '5 Change and Deploy' });
  await page.getByRole('button', { name: 'Show what this would change' }).click();
  await page.getByRole('button', { name: 'Save the role' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The role “Pilot” is saved.' })).toBeVisible();
  await expect(production.getByLabel('Level')).toHaveValue('5');
});

test('what is refused names the rule and who can give it', async ({ page, demo, administrator, examine }) => {
  await signIn(page, demo.address, administrator);
  await page.getByRole('link', { name: 'Roles', exact: true }).click();
  await page.getByRole('link', { name: 'Administrator', exact: true }).click();
  const change = page.getByRole('button', { name: 'Change the role' });
  await expect(change).toHaveAttribute('aria-disabled', 'true');
  await expect(change).toHaveAccessibleDescription(/cannot be changed.*Make another role instead\./);
  await examine(page);
});

/** The key of some application in the sample infrastructure. */
async function firstApplication(page: Page, home: string): Promise<string> {
  await page.goto(home);
  const href = await page.locator('a[href*="/applications/"]').first().getAttribute('href');
  return (href ?? '').split('/').pop() ?? '';
}
