import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import { fileWith, stateBecomes, test } from '#e2e/console/journey.ts'
import { deleteConnector, product, putConnector } from '#e2e/console/product.ts'
import { moodyClass } from '#e2e/reliability/moody-plugin.ts'

test('the timeline tells what happened, and goes on telling while it is looked at', async ({ page }) => {
  const name = 'timeline-orders'
  await putConnector(name, {
    'connector.class': 'FileStreamSource',
    topic: name,
    file: fileWith('timeline.txt', ['one']),
  })
  await page.goto(`/c/local/connectors/${name}?tab=timeline`)
  const timeline = page.getByRole('list', { name: 'Timeline' })
  await expect(timeline).toContainText(`Connector ${name} was created`)
  await expect(timeline).toContainText(`Task ${name}-0 is RUNNING`)
  await expect(timeline).toContainText('task 0, attempt 1')
  await fetch(`${product.restUrl}/connectors/${name}/tasks/0/restart`, { method: 'POST' })
  await expect(timeline.locator('li').filter({ hasText: `Somebody asked to restart task ${name}-0` })).toBeVisible()
  await expect(timeline).toContainText('task 0, attempt 2')
  await page.getByLabel('Show').selectOption('changes')
  await expect(timeline).toContainText('was created')
  await expect(timeline).not.toContainText('is RUNNING')
  await deleteConnector(name)
})

test('log lines are found by text and by attempt, and more is logged for a while', async ({ page }) => {
  const name = 'timeline-logs'
  await putConnector(name, { 'connector.class': 'FileStreamSource', topic: name, file: fileWith('logs.txt', ['one']) })
  await page.goto(`/c/local/connectors/${name}?tab=logs`)
  const lines = page.getByRole('region', { name: 'Log lines' })
  await expect(lines).toContainText(`Task ${name}-0 is RUNNING`)
  await page.getByLabel('Search log lines').fill('is running')
  await expect(lines).toContainText(`Connector ${name} is RUNNING`)
  await page.getByLabel('Task', { exact: true }).selectOption('0')
  await expect(lines).not.toContainText(`Connector ${name} is RUNNING`)
  await page.getByLabel('Attempt').fill('9')
  await expect(page.getByText('No line matches')).toBeVisible()
  await page.getByLabel('Attempt').fill('1')
  await expect(lines).toContainText('task 0, attempt 1')

  const dialog = page.getByRole('dialog')
  // The bar moves while lines arrive: a press that met nothing is made again.
  await expect(async () => {
    await page.getByRole('button', { name: 'Log level' }).click({ timeout: 2_000 })
    await expect(dialog).toBeVisible({ timeout: 2_000 })
  }).toPass()
  await dialog.getByLabel('Level').selectOption('TRACE')
  await dialog.getByLabel('For').selectOption({ label: '5 minutes' })
  await dialog.getByRole('button', { name: 'Set level' }).click()
  await expect(page.getByText(/^Logs TRACE for \d+ min more$/)).toBeVisible()
  await page.getByRole('button', { name: 'Reset' }).click()
  await expect(page.getByText(/^Logs TRACE/)).toHaveCount(0)
  await deleteConnector(name)
})

test('a task that hangs is stalled with its stage and reason, everywhere, until it goes on', async ({ page }) => {
  const name = 'timeline-stalled'
  // To open a pipe that nobody reads never returns.
  const pipe = join(product.filesDir, 'stalled.pipe')
  mkdirSync(product.filesDir, { recursive: true })
  execFileSync('sh', ['-c', 'rm -f "$1" && mkfifo "$1"', 'sh', pipe])
  await putConnector(name, {
    ...{ 'connector.class': 'FileStreamSink', topics: name, file: pipe, 'sluice.stall.interval.ms': '1000' },
  })
  await page.goto(`/c/local/connectors/${name}`)
  await stateBecomes(page, 'STALLED')
  await expect(page.getByText(/Task 0 has been in start for \d+ s: it has not come back\./)).toBeVisible()
  await expect(page.getByText('A task without progress for 1 s counts as stalled.')).toBeVisible()
  await page.goto('/c/local/connectors?state=STALLED')
  await expect(page.locator('tr[data-row]').filter({ hasText: name })).toContainText('stalled')
  await page.goto('/c/local')
  await expect(page.locator('main')).toContainText('Task 0 has been in start')
  const reader = spawn('cat', [pipe], { stdio: 'ignore' })
  try {
    await page.goto(`/c/local/connectors/${name}?tab=timeline`)
    await stateBecomes(page, 'RUNNING')
    await expect(page.getByRole('list', { name: 'Timeline' })).toContainText('makes progress again')
  } finally {
    await deleteConnector(name)
    reader.kill()
  }
})

test('a connector without tasks says why, everywhere, until it has some', async ({ page }) => {
  const name = 'timeline-taskless'
  const mood = fileWith('taskless.mood', ['none'])
  await putConnector(name, { 'connector.class': moodyClass, topic: name, mood })
  await page.goto(`/c/local/connectors/${name}`)
  await stateBecomes(page, 'TASKLESS')
  const panel = page.getByRole('region', { name: 'No progress' })
  await expect(panel).toContainText(
    /It has had no tasks for \d+ \w+: it was asked for its tasks and made none\. It is asked again when it wishes so itself/,
  )
  await page.goto('/c/local/connectors?state=TASKLESS')
  const row = page.locator(`tr[data-row="${name}"]`)
  await expect(row).toContainText('no tasks')
  await expect(row).toContainText('made none')
  await page.goto('/c/local')
  await expect(page.locator('main')).toContainText('It has had no tasks')
  fileWith('taskless.mood', ['work'])
  await page.goto(`/c/local/connectors/${name}`)
  await stateBecomes(page, 'RUNNING')
  await expect(panel).toHaveCount(0)
  await deleteConnector(name)
})
