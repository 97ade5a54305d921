import AxeBuilder from '@axe-core/playwright'
import { expect } from '@playwright/test'
import { fileWith, test } from '#e2e/console/journey.ts'

const fileSource = 'org.apache.kafka.connect.file.FileStreamSourceConnector'

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })

    test('a config is tried before it is saved: on records, and on the way to its systems', async ({ page }) => {
      const file = fileWith('tried.txt', ['one', 'two'])
      await page.goto(`/c/local/connectors/new?plugin=${fileSource}`)
      await page.getByLabel('Name', { exact: false }).first().fill('only-tried')
      await page.locator('[data-field="file"] input').fill(file)
      await page.locator('[data-field="topic"] input').fill('only-tried')
      await page.getByRole('tab', { name: 'JSON' }).click()
      const text = page.getByRole('textbox', { name: 'Config as JSON' })
      await text.fill(
        JSON.stringify({
          name: 'only-tried',
          'connector.class': fileSource,
          file,
          topic: 'only-tried',
          transforms: 'hoist,stamp',
          'transforms.hoist.type': 'org.apache.kafka.connect.transforms.HoistField$Value',
          'transforms.hoist.field': 'line',
          'transforms.stamp.type': 'org.apache.kafka.connect.transforms.InsertField$Value',
          'transforms.stamp.static.field': 'from',
          'transforms.stamp.static.value': 'a preview',
          'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
          'value.converter.schemas.enable': 'false',
        }),
      )
      await page.getByRole('tab', { name: 'Preview' }).click()
      await page.getByRole('button', { name: 'Try it on records' }).click()
      await expect(page.getByText('2 of 2 kept.')).toBeVisible()
      await expect(page.getByText('{"line":"one","from":"a preview"}')).toBeVisible()
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])

      await page.getByLabel('Records by hand').check()
      await page.getByLabel(/One value a line/).fill('"by hand"')
      await page.getByRole('button', { name: 'Try these records' }).click()
      await expect(page.getByText('{"line":"by hand","from":"a preview"}')).toBeVisible()

      await page.getByRole('tab', { name: 'Test' }).click()
      await page.getByRole('button', { name: 'Test the connection' }).click()
      await expect(page.getByText('Everything that could be tried works.')).toBeVisible()
      await expect(page.getByText(`Read ${file}`)).toBeVisible()
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
    })
  })
}
