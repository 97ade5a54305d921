import { readFile } from 'node:fs/promises'
import { expect } from '@playwright/test'
import { test } from '#e2e/console/journey.ts'

test('the tail shows a record that is produced by hand', async ({ page }) => {
  await page.goto('/c/local/topics')
  await page.getByRole('link', { name: 'orders', exact: true }).click()
  await page.getByRole('link', { name: 'Live tail' }).click()
  await expect(page.getByText('following')).toBeVisible()
  await page.getByLabel('Key or value contains').fill('by hand: żółw')
  await page.getByRole('button', { name: 'Produce a record' }).click()
  await page.getByLabel('Key', { exact: true }).fill('k1')
  await page.getByLabel('Value', { exact: true }).fill('{"note":"by hand: żółw"}')
  await page.getByRole('button', { name: 'Add header' }).click()
  await page.getByLabel('Name of header 1').fill('origin')
  await page.getByLabel('Value of header 1').fill('console')
  await page.getByRole('button', { name: 'Produce record' }).click()
  await expect(page.getByText('{"note":"by hand: żółw"}')).toBeVisible()
  await page
    .getByRole('button', { name: /^Record \d+\/\d+,/ })
    .last()
    .click()
  const panel = page.getByRole('complementary', { name: /^Record / })
  await expect(panel).toContainText('k1')
  await expect(panel).toContainText('Header origin')
})

test('pausing a tail keeps its place, and continuing has no gap', async ({ page }) => {
  await page.goto('/c/local/topics/orders?tab=tail')
  const rows = page.getByRole('button', { name: /^Record \d+\/\d+,/ })
  await expect(rows.nth(3)).toBeVisible()
  await page.getByRole('button', { name: 'Pause' }).click()
  const place = await rows.last().getAttribute('aria-label')
  await expect(page.getByText(/\d+ waiting/)).toBeVisible({ timeout: 30_000 })
  await expect(rows.last()).toHaveAttribute('aria-label', place ?? '')
  await page.getByRole('button', { name: 'Continue from here' }).click()
  await expect(rows.last()).not.toHaveAttribute('aria-label', place ?? '')
})

test('records are read from a chosen place, which stands in the URL; one has a link, and all can be saved', async ({
  page,
}) => {
  await page.goto('/c/local/topics/orders')
  await page.getByLabel('From', { exact: true }).selectOption('oldest')
  await expect(page).toHaveURL(/from=oldest/)
  await expect(page.getByRole('button', { name: /^Record 0\/0,/ })).toBeVisible()
  await page.getByRole('button', { name: /^Record 0\/2,/ }).click()
  const panel = page.getByRole('complementary', { name: 'Record 0/2' })
  await panel.getByRole('link', { name: 'orders/0/2' }).click()
  await expect(page).toHaveURL(/from=offset:2&partition=0&record=0\/2$/)
  await page.reload()
  await expect(panel).toContainText('order_id')
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download' }).click()
  const [first = ''] = (await readFile(await (await download).path(), 'utf8')).split('\n')
  expect(JSON.parse(first)).toMatchObject({ topic: 'orders', partition: 0, offset: 2 })
})

test('fields of JSON values stand as columns where they are wanted, and a link keeps them', async ({ page }) => {
  await page.goto('/c/local/topics/orders?tab=tail')
  const table = page.getByRole('table', { name: 'Records of orders' })
  await expect(table.getByRole('columnheader', { name: 'value' })).toBeVisible()
  await page.getByRole('button', { name: 'Columns' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'order_id' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'city' }).press('Space')
  await page.keyboard.press('Escape')
  await expect(page.getByText('following')).toBeVisible()
  await expect(table.getByRole('columnheader')).toHaveText(['time', 'p', 'offset', 'key', 'order_id', 'city'])
  await page.goto(page.url().replace('tab=tail', 'tab=records'))
  await expect(table.getByRole('columnheader', { name: 'city' })).toBeVisible()
  const row = table.getByRole('row').nth(1)
  const key = (await row.getByRole('cell').nth(3).innerText()).replaceAll('"', '')
  await expect(row.getByRole('cell').nth(4)).toHaveText(key)
})
