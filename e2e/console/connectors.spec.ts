import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { expect } from '@playwright/test'
import { fileWith, stateBecomes, test } from '#e2e/console/journey.ts'
import { configOf, deleteConnector, product, putConnector } from '#e2e/console/product.ts'

const fileSource = 'org.apache.kafka.connect.file.FileStreamSourceConnector'

test('a connector is made by the form, from the catalog to its records', async ({ page }) => {
  await deleteConnector('lines-by-form')
  const file = fileWith('by-form.txt', ['first line', 'zweite Zeile: äöü', 'third'])
  await page.goto('/c/local/connectors')
  await page.getByRole('link', { name: 'New connector' }).click()
  await page.getByLabel('Search plugins').fill('file')
  await page.getByRole('link', { name: new RegExp(fileSource) }).click()
  await page.getByLabel('Name', { exact: false }).first().fill('lines-by-form')
  await page.locator('[data-field="file"] input').fill(file)
  await page.locator('[data-field="topic"] input').fill('lines-by-form')
  await expect(page.getByText('Everything checked')).toBeVisible()
  await page.getByRole('button', { name: 'Review' }).click()
  await expect(page.locator('pre')).toContainText('"topic": "lines-by-form"')
  await page.getByRole('button', { name: 'Create and watch' }).click()
  await expect(page.getByRole('link', { name: 'See its records' })).toBeVisible({ timeout: 45_000 })
  await stateBecomes(page, 'RUNNING')
  await page.getByRole('link', { name: 'See its records' }).click()
  await expect(page.getByText('zweite Zeile: äöü')).toBeVisible()
})

test('a wrong value is told at its field, and the way on leads there', async ({ page }) => {
  await page.goto(`/c/local/connectors/new?plugin=${fileSource}`)
  await page.getByLabel('Name', { exact: false }).first().fill('never-made')
  await page.locator('[data-field="topic"] input').fill('x')
  const tasks = page.locator('[data-field="tasks.max"]')
  await tasks.getByRole('textbox').fill('many')
  await tasks.getByRole('textbox').blur()
  await expect(tasks.getByText(/Invalid value many/)).toBeVisible()
  await expect(tasks.getByRole('textbox')).toHaveAttribute('aria-invalid', 'true')
  await page.getByRole('button', { name: 'Review' }).click()
  await expect(tasks.getByRole('textbox')).toBeFocused()
  await expect(page.getByText('1 field to fix')).toBeVisible()
})

test('a sink is offered the topics that there are, narrowed by what is typed', async ({ page }) => {
  await page.goto('/c/local/connectors/new?plugin=org.apache.kafka.connect.file.FileStreamSinkConnector')
  const topics = page.locator('[data-field="topics"]')
  await topics.getByRole('textbox').fill('other, by-fo')
  await topics.getByRole('button', { name: 'Add lines-by-form to topics' }).click()
  await expect(topics.getByRole('textbox')).toHaveValue('other,lines-by-form')
  await page.getByRole('tab', { name: 'Preview' }).click()
  await expect(page.getByText('Takes the newest records of the topics')).toBeVisible()
})

test('a running connector is edited in the same form; unknown keys survive, and the difference is shown first', async ({
  page,
}) => {
  const file = fileWith('edited.txt', ['a', 'b'])
  await putConnector('edited', {
    'connector.class': fileSource,
    file,
    topic: 'edited',
    'producer.override.linger.ms': '5',
    'my.own.note': 'do not lose me',
  })
  await page.goto('/c/local/connectors/edited')
  await stateBecomes(page, 'RUNNING')
  await page.getByRole('link', { name: 'Edit', exact: true }).click()
  await expect(page.getByRole('textbox', { name: 'my.own.note' })).toHaveValue('do not lose me')
  await page.locator('[data-field="topic"] input').fill('edited-2')
  await page.getByRole('tab', { name: 'JSON' }).click()
  await expect(page.getByRole('textbox', { name: 'Config as JSON' })).toContainText('edited-2')
  await expect(page.getByText('Everything checked')).toBeVisible()
  await page.getByRole('button', { name: 'Review changes' }).click()
  const changes = page.getByRole('list', { name: 'Differences' }).getByRole('listitem')
  await expect(changes).toHaveCount(1)
  await expect(changes).toContainText('edited-2')
  await page.getByRole('button', { name: 'Apply 1 change' }).click()
  await expect(page.locator('[data-key="topic"]')).toContainText('edited-2')
  await expect(page.locator('[data-key="my.own.note"]')).toContainText('do not lose me')
  await expect(page.locator('[data-key="producer.override.linger.ms"]')).toContainText('5')
  await stateBecomes(page, 'RUNNING')
  await deleteConnector('edited')
})

test('transforms are chosen by what they do, filled in, ordered, tied to a predicate and taken away, and every other key stays', async ({
  page,
}) => {
  const byHand = {
    'my.own.note': 'do not lose me',
    'transforms.hoist.field': 'line',
    transforms: 'hoist, stamp',
    'connector.class': fileSource,
    'transforms.hoist.type': 'org.apache.kafka.connect.transforms.HoistField$Value',
    file: fileWith('chained.txt', ['a']),
    'transforms.stamp.type': 'org.apache.kafka.connect.transforms.InsertField$Value',
    'transforms.stamp.topic.field': 'from',
    topic: 'chained',
  }
  await putConnector('chained', byHand)
  await page.goto('/c/local/connectors/chained?tab=config&edit=1')
  const transforms = page.getByRole('list', { name: 'Transforms' })
  const step = (alias: string) => page.locator(`[data-step="${alias}"]`)
  const fieldOf = (key: string) => page.locator(`[data-field="${key}"]`).getByRole('textbox')
  await expect(fieldOf('transforms.hoist.field')).toHaveValue('line')

  await page.getByRole('button', { name: 'Add a transform' }).click()
  await page.getByLabel('Search transforms').fill('replaces the contents')
  await page.keyboard.press('Enter')
  const alias = step('maskField').getByLabel('Alias')
  await expect(alias).toBeFocused()
  await alias.fill('stamp')
  await expect(step('maskField')).toContainText('There is another one called stamp.')
  await alias.fill('hide')
  await page.keyboard.press('Enter')
  await expect(step('hide').getByLabel('Alias')).toBeFocused()
  await fieldOf('transforms.hide.fields').fill('line')

  await page.getByRole('button', { name: 'Move hide up' }).press('Enter')
  await expect(page.getByText('hide is 2 of 3 now.')).toBeAttached()
  await expect(page.getByRole('button', { name: 'Move hide up' })).toBeFocused()
  await expect(transforms.getByRole('listitem')).toContainText(['HoistField', 'MaskField', 'InsertField'])

  await step('hide').getByRole('button', { name: 'New predicate' }).click()
  await page.getByRole('button', { name: /RecordIsTombstone/ }).click()
  await step('hide').getByLabel('Whether recordIsTombstone has to be true').selectOption('is not true')
  await expect(step('recordIsTombstone')).toContainText('hide')

  await page.getByRole('button', { name: 'Remove stamp' }).click()
  await expect(transforms).toContainText('stamp was removed with 2 keys.')
  await page.getByRole('button', { name: 'Undo' }).press('Enter')
  await expect(fieldOf('transforms.stamp.topic.field')).toHaveValue('from')
  await page.getByRole('button', { name: 'Remove hoist' }).click()
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])

  await expect(page.getByText('Everything checked')).toBeVisible()
  await page.getByRole('button', { name: 'Review changes' }).click()
  await page.getByRole('button', { name: /^Apply \d+ changes$/ }).click()
  await expect(page.locator('[data-key="transforms"]')).toContainText('hide,stamp')
  const { 'transforms.hoist.field': _, 'transforms.hoist.type': __, ...kept } = byHand
  expect(await configOf('chained')).toEqual({
    ...kept,
    name: 'chained',
    transforms: 'hide,stamp',
    'transforms.hide.type': 'org.apache.kafka.connect.transforms.MaskField$Value',
    'transforms.hide.fields': 'line',
    'transforms.hide.predicate': 'recordIsTombstone',
    'transforms.hide.negate': 'true',
    predicates: 'recordIsTombstone',
    'predicates.recordIsTombstone.type': 'org.apache.kafka.connect.transforms.predicates.RecordIsTombstone',
  })
  await stateBecomes(page, 'RUNNING')
  await deleteConnector('chained')
})

test('pause, resume, stop, restart and delete, each by its button, and the state follows', async ({ page }) => {
  await putConnector('pausable', {
    'connector.class': fileSource,
    file: fileWith('pausable.txt', ['a']),
    topic: 'pausable',
  })
  await page.goto('/c/local/connectors/pausable')
  await stateBecomes(page, 'RUNNING')
  await page.getByRole('button', { name: 'Pause' }).click()
  await stateBecomes(page, 'PAUSED')
  await page.getByRole('button', { name: 'Resume' }).click()
  await stateBecomes(page, 'RUNNING')
  await page.getByRole('button', { name: 'Restart', exact: true }).first().click()
  await page.getByRole('menuitem', { name: 'Restart connector and all tasks' }).click()
  await stateBecomes(page, 'RUNNING')
  await page.getByRole('button', { name: 'More actions for pausable' }).click()
  await page.getByRole('menuitem', { name: /^Stop/ }).click()
  await stateBecomes(page, 'STOPPED')
  await page.getByRole('button', { name: 'More actions for pausable' }).click()
  await page.getByRole('menuitem', { name: /^Delete/ }).click()
  const confirm = page.getByRole('button', { name: 'Delete connector' })
  await expect(confirm).toBeDisabled()
  await page.getByLabel(/Type pausable to confirm/).fill('pausable')
  await confirm.click()
  await expect(page).toHaveURL(/\/connectors$/)
  await expect(page.getByRole('link', { name: 'pausable' })).toHaveCount(0)
})

test('a failed task stands on the home page with its reason', async ({ page }) => {
  await putConnector('failing', {
    'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector',
    file: '/proc/nowhere/out.txt',
    topics: 'pausable',
  })
  await page.goto('/c/local')
  const entry = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'failing', exact: true }) })
  await expect(entry.first()).toContainText(/failed/, { timeout: 30_000 })
  await page.goto('/c/local/connectors/failing')
  const explained = page.getByRole('region', { name: 'Failure explained' })
  await expect(explained).toContainText('/proc/nowhere')
  await expect(explained).toContainText(/Task 0 starts again .* \(attempt \d+ of 10\)/)
  await deleteConnector('failing')
})

test('how fast a connector moves records, and how far a sink lags, stand on its page and in the list', async ({
  page,
}) => {
  await putConnector('flowing', {
    'connector.class': 'sluice.datagen.DatagenSourceConnector',
    topic: 'flowing',
    kind: 'orders',
  })
  await putConnector('draining', {
    'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector',
    file: join(product.filesDir, 'draining.txt'),
    topics: 'flowing',
  })
  await page.goto('/c/local/connectors/flowing')
  const rate = page.locator('tr[data-task="0"] [data-rate]')
  await expect(rate).toHaveText(/^\d/, { timeout: 30_000 })
  await expect(rate).not.toHaveText('0')
  await page.goto('/c/local/connectors?q=flowing')
  await expect(page.locator('tr[data-row="flowing"] [data-rate]')).toHaveText(/^[1-9]|^0\.\d/)
  await page.goto('/c/local/connectors/draining')
  await expect(page.getByLabel('Flow').getByRole('link')).toHaveText(/^\d+ records?$/)
  await page.getByLabel('Flow').getByRole('link').click()
  const offsets = page.getByRole('table', { name: 'Offsets and lag' })
  await expect(offsets.getByRole('link', { name: 'flowing' })).toBeVisible()
  await expect(offsets.locator('[data-lag]')).toHaveText(/^\d/)
  await page.goto('/c/local/connectors?sort=-lag')
  await expect(page.locator('tr[data-row="draining"] [data-lag]')).toHaveText(/^\d/)
  await expect(page.locator('tr[data-row="flowing"] td:has(> span[title*="committed"])')).toHaveText('–')
  await expect(page.getByRole('columnheader', { name: 'lag' })).toHaveAttribute('aria-sort', 'descending')
  for (const name of ['flowing', 'draining']) await deleteConnector(name)
})

test('filters and order stand in the URL, and a selection acts on many at once', async ({ page }) => {
  for (const name of ['bulk-a', 'bulk-b']) {
    await putConnector(name, { 'connector.class': fileSource, file: fileWith(`${name}.txt`, ['a']), topic: name })
  }
  await page.goto('/c/local/connectors')
  await expect(page.locator('tr[data-row]').first()).toBeVisible()
  await page.keyboard.press('/')
  await page.keyboard.type('bulk-')
  await expect(page.locator('tr[data-row]')).toHaveCount(2)
  await expect(page).toHaveURL(/q=bulk-/)
  await page.reload()
  await expect(page.locator('tr[data-row]')).toHaveCount(2)
  await expect(page.locator('tr[data-row][data-state="RUNNING"]')).toHaveCount(2, { timeout: 30_000 })
  await page.getByLabel('Select all shown connectors').check()
  await page.getByRole('button', { name: 'Pause 2 connectors' }).click()
  await expect(page.getByRole('dialog')).toContainText('bulk-b')
  await page.keyboard.press('Escape')
  await expect(page.locator('tr[data-row][data-state="PAUSED"]')).toHaveCount(2, { timeout: 30_000 })
  await page.getByRole('button', { name: 'Stop 2 connectors' }).click()
  await expect(page.getByRole('dialog', { name: 'Stopping connectors' })).toContainText('2 accepted')
  await page.keyboard.press('Escape')
  await expect(page.locator('tr[data-row][data-state="STOPPED"]')).toHaveCount(2, { timeout: 30_000 })

  await page.getByRole('button', { name: 'Delete 2 connectors…' }).click()
  const confirm = page.getByRole('dialog', { name: 'Delete 2 connectors' })
  await expect(confirm.getByRole('list', { name: 'Connectors to delete' })).toHaveText('bulk-abulk-b')
  await expect(confirm.getByRole('button', { name: 'Delete 2 connectors' })).toBeDisabled()
  await confirm.getByLabel('Type delete 2 to confirm').fill('delete 2')
  // Somebody else is faster with one of the two.
  await deleteConnector('bulk-a')
  await confirm.getByRole('button', { name: 'Delete 2 connectors' }).click()
  const result = page.getByRole('dialog', { name: 'Deleting connectors' })
  await expect(result).toContainText('1 refused, 1 accepted')
  await expect(result.getByRole('listitem').first()).toContainText(/bulk-a.*Connector bulk-a not found/)
  await page.keyboard.press('Escape')
  await expect(page.locator('tr[data-row]')).toHaveCount(0)
})
