import { expect, type Locator } from '@playwright/test'
import { test } from '#e2e/console/journey.ts'

test('from the first page to records on the screen in at most 6 clicks', async ({ page }) => {
  let clicks = 0
  const click = async (target: Locator) => {
    clicks++
    await target.click()
  }
  await page.goto('/')
  await expect(page).toHaveURL(/\/c\/local$/)
  await click(page.getByRole('button', { name: 'Start the example' }))
  await expect(page.getByRole('button', { name: /^Record \d+\/\d+,/ }).nth(2)).toBeVisible({ timeout: 60_000 })
  expect(clicks).toBeLessThanOrEqual(6)
})

test('the example runs: its connectors are listed as running', async ({ page }) => {
  await page.goto('/c/local/connectors')
  const rows = page.locator('tr[data-row]')
  await expect(rows).toHaveCount(2)
  await expect(page.locator('tr[data-row][data-state="RUNNING"]')).toHaveCount(2, { timeout: 30_000 })
})
