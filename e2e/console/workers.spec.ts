import { expect, type Page } from '@playwright/test'
import { fileWith, test } from '#e2e/console/journey.ts'
import { putConnector } from '#e2e/console/product.ts'

const columns = (page: Page) => page.getByRole('region', { name: /^Worker / })
const chips = (page: Page) => page.locator('[data-flip]:not([data-flip$="@row"])')

test('the map changes when a worker is added, stopped and started', async ({ page }) => {
  await page.goto('/c/local/workers')
  await expect(columns(page)).toHaveCount(2, { timeout: 30_000 })
  await page.getByRole('button', { name: 'Add worker' }).click()
  await expect(columns(page)).toHaveCount(3, { timeout: 45_000 })
  const added = page.locator('tr[data-worker]').nth(2)
  await expect(added).toHaveAttribute('data-state', 'running')
  await added.getByRole('button', { name: /^Stop/ }).click()
  await expect(added).toHaveAttribute('data-state', 'stopped', { timeout: 30_000 })
  await expect(columns(page)).toHaveCount(2, { timeout: 30_000 })
  await added.getByRole('button', { name: /^Start/ }).click()
  await expect(columns(page)).toHaveCount(3, { timeout: 45_000 })
  await added.getByRole('button', { name: /^Stop/ }).click()
  await expect(columns(page)).toHaveCount(2, { timeout: 45_000 })
})

test('when a worker is killed its tasks run elsewhere, and it comes back', async ({ page }) => {
  await putConnector('map-a', {
    'connector.class': 'org.apache.kafka.connect.file.FileStreamSourceConnector',
    file: fileWith('map-a.txt', ['a']),
    topic: 'map-a',
  })
  await page.goto('/c/local/workers')
  await expect(page.locator('[data-flip="map-a-0"]')).toBeVisible({ timeout: 30_000 })
  const before = await chips(page).count()
  const running = page.locator('tr[data-worker][data-state="running"]').nth(1)
  const worker = (await running.getAttribute('data-worker')) ?? ''
  const victim = page.locator(`tr[data-worker="${worker}"]`)
  const pid = Number(await victim.getByRole('cell').nth(2).innerText())
  process.kill(pid, 'SIGKILL')
  await expect(victim.getByRole('cell').nth(4)).not.toHaveText('0', { timeout: 15_000 })
  await expect(chips(page)).toHaveCount(before, { timeout: 40_000 })
  await expect(victim).toHaveAttribute('data-state', 'running', {
    timeout: 40_000,
  })
  await expect(page.getByRole('region', { name: `Worker ${worker}` })).toBeVisible({ timeout: 40_000 })
})

test('a worker is drained after its consequences are told, put back, and both are rebalances with their cause', async ({
  page,
}) => {
  await putConnector('drain-a', {
    'connector.class': 'org.apache.kafka.connect.file.FileStreamSourceConnector',
    file: fileWith('drain-a.txt', ['a']),
    topic: 'drain-a',
  })
  await page.goto('/c/local/workers')
  await expect(page.locator('[data-flip="drain-a-0"]')).toBeVisible({ timeout: 30_000 })
  const column = page.getByRole('region', { name: /^Worker / }).filter({ has: page.locator('[data-flip="drain-a-0"]') })
  const worker = ((await column.getAttribute('aria-label')) ?? '').replace('Worker ', '')
  const drained = page.getByRole('region', { name: `Worker ${worker}` })
  await drained.getByRole('button', { name: `Drain worker ${worker}` }).click()
  await expect(page.getByRole('dialog')).toContainText('one by one')
  await page.getByRole('button', { name: 'Drain worker', exact: true }).click()
  await expect(drained).toContainText('Nothing assigned.', { timeout: 30_000 })
  await expect(drained.getByText('drained', { exact: true })).toBeVisible({ timeout: 30_000 })

  const rebalance = page
    .locator('tr[data-rebalance]')
    .filter({ hasText: `${worker} is to be emptied` })
    .first()
  await expect(rebalance).toBeVisible({ timeout: 30_000 })
  await rebalance.getByRole('button').click()
  await expect(
    page
      .getByRole('listitem')
      .filter({ hasText: /drain-a\s*task 0/ })
      .first(),
  ).toContainText('down')
  await page.getByRole('combobox', { name: 'Connector' }).selectOption('drain-a')
  await expect(page).toHaveURL(/connector=drain-a/)
  await expect(rebalance).toBeVisible()

  await drained.getByRole('button', { name: `Put worker ${worker} back` }).click()
  await expect(drained).not.toContainText('Nothing assigned.', { timeout: 30_000 })
  await expect(drained.getByRole('button', { name: `Drain worker ${worker}` })).toBeVisible()
})

test('the map can be read as a table', async ({ page }) => {
  await page.goto('/c/local/workers')
  await page.getByRole('button', { name: 'As a table' }).click()
  await expect(page.getByRole('table').first()).toContainText('task 0')
  await expect(page).toHaveURL(/as=table/)
})
