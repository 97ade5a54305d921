import { expect } from '@playwright/test'
import { fileWith, stateBecomes, test } from '#e2e/console/journey.ts'
import { deleteConnector, putConnector } from '#e2e/console/product.ts'

test('a connector is found, paused and resumed without a mouse', async ({ page }) => {
  await putConnector('by-keys', {
    'connector.class': 'org.apache.kafka.connect.file.FileStreamSourceConnector',
    file: fileWith('by-keys.txt', ['a']),
    topic: 'by-keys',
  })
  await page.goto('/c/local')
  await expect(page.locator('main h1')).toBeVisible()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('by-keys')
  await expect(page.getByRole('option').first()).toContainText('by-keys')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/connectors\/by-keys$/)
  await stateBecomes(page, 'RUNNING')
  await page.getByRole('button', { name: 'Pause' }).focus()
  await page.keyboard.press('Enter')
  await stateBecomes(page, 'PAUSED')
  await page.keyboard.press('Control+k')
  await page.keyboard.type('resume by-keys')
  await page.keyboard.press('Enter')
  await stateBecomes(page, 'RUNNING')
  await deleteConnector('by-keys')
})

test('g and a letter go to a page, ? lists the keys, and the focus comes back', async ({ page }) => {
  await page.goto('/c/local')
  await expect(page.locator('main h1')).toBeVisible()
  await page.keyboard.press('g')
  await page.keyboard.press('c')
  await expect(page).toHaveURL(/\/connectors$/)
  await expect(page.locator('main h1')).toHaveText('Connectors')
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog')).toContainText('Keyboard shortcuts')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
})

test('the first Tab offers to skip to the content', async ({ page }) => {
  await page.goto('/c/local/connectors')
  await expect(page.locator('main h1')).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.locator('main')).toBeFocused()
})

test('rows are walked with j and k and chosen with x', async ({ page }) => {
  await page.goto('/c/local/connectors')
  const links = page.locator('tr[data-row] a')
  await links.first().focus()
  await page.keyboard.press('j')
  await expect(links.nth(1)).toBeFocused()
  await page.keyboard.press('x')
  await expect(page.getByText('1 selected')).toBeVisible()
  await page.keyboard.press('k')
  await expect(links.first()).toBeFocused()
})
