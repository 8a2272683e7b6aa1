import type { Page } from '@playwright/test';
import { expect, signIn, test } from '../fixtures/index.ts';

test('a team gets an application and a member, whose right is traced to it, changed and taken away on the member’s page', async ({
  page,
  demo,
  administrator,
  examine,
}, info) => {
  const username = `tess.${info.project.name}`;
  const name = `Tess ${info.project.name}`;
  const team = `Bridge ${info.project.name}`;
  await demo.command('user', 'add', username, '--name', name, '--role', 'Reader');
  await signIn(page, demo.address, administrator);

  // A team.
  await page.getByRole('link', { name: 'Teams', exact: true }).click();
  await page.getByRole('link', { name: 'New team' }).click();
  await page.getByLabel('Name', { exact: true }).fill(team);
  await page.getByRole('button', { name: 'Make the team' }).click();
  await expect(page.getByRole('heading', { level: 1, name: team })).toBeVisible();

  // An application that is found by part of its name, and is in no team yet.
  await page.getByLabel('Name or key of an application').fill('e');
  await page.getByRole('button', { name: 'Find applications' }).click();
  const found = page.getByRole('list', { name: 'Applications found' });
  await expect(found).toBeVisible();
  await examine(page);
  const give = found.locator('button:not([aria-disabled])').first();
  const application = ((await give.getAttribute('aria-label')) ?? '').replace('Give to team: ', '');
  expect(application).not.toBe('');
  await give.click();
  await expect(page.getByRole('heading', { name: 'What this would change' })).toBeVisible();
  await page.getByRole('button', { name: 'Give it to the team' }).click();
  await said(page, 'belongs to the team');
  // It is found again with the reason why it cannot be given once more.
  await page.getByLabel('Name or key of an application').fill(application);
  await page.getByRole('button', { name: 'Find applications' }).click();
  const again = found.getByRole('button', { name: `Give to team: ${application}`, exact: true });
  await expect(again).toHaveAttribute('aria-disabled', 'true');
  await expect(again).toHaveAccessibleDescription(/belongs to this team already/);

  // A member.
  await page.getByLabel('Name or user name of a person').fill(username);
  await page.getByRole('button', { name: 'Find people' }).click();
  await page.getByLabel(`Role of ${name} in the team`).selectOption({ label: 'Developer' });
  await examine(page);
  await page.getByRole('button', { name: `Add to team: ${name}` }).click();
  await page.getByRole('button', { name: 'Save the member' }).click();
  await said(page, 'role is saved.');
  await page.getByRole('region', { name: 'Members', exact: true }).getByRole('link', { name, exact: true }).click();

  // The effective right names the team as its source.
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  const rights = page.getByRole('region', { name: `Effective rights of ${name}` });
  const row = rights.getByRole('row').filter({ hasText: application }).first();
  await expect(row).toContainText(`${team} team`);
  await expect(row).toContainText('Team · Developer');
  await expect(page.locator('.facts dt').filter({ hasText: 'Second factor' })).toBeVisible();
  await examine(page);

  // Changed there, after the preview.
  await page.getByRole('combobox', { name: `Role in ${team}`, exact: true }).selectOption({ label: 'Reader' });
  await page.getByRole('button', { name: `Change the role in ${team}` }).click();
  const preview = page.getByRole('region', { name: 'What this would change' });
  await expect(preview).toBeVisible();
  await examine(page);
  await preview.getByRole('button', { name: 'Save the role in the team' }).click();
  await said(page, 'role is saved.');
  await expect(row).toContainText('Team · Reader');

  // Taken away.
  await page.getByRole('button', { name: `Take out of ${team}` }).click();
  await preview.getByRole('button', { name: 'Take them out of the team' }).click();
  await said(page, 'The member is out of the team.');
  await expect(page.getByText('The user is in no team here.')).toBeVisible();
  await expect(rights.getByText('Team ·')).toHaveCount(0);
});

/** What the page says that a form did. */
async function said(page: Page, words: string): Promise<void> {
  await expect(page.getByRole('status').filter({ hasText: words })).toBeVisible();
}
