import AxeBuilder from '@axe-core/playwright'
import { expect } from '@playwright/test'
import { test } from '#e2e/console/journey.ts'

const pages = [
  '/c/local',
  '/c/local/connectors',
  '/c/local/connectors/new',
  '/c/local/connectors/new?plugin=org.apache.kafka.connect.file.FileStreamSourceConnector',
  '/c/local/workers',
  '/c/local/workers?as=table',
  '/c/local/topics',
  '/c/local/topics/orders?from=oldest&record=0/0',
  '/c/local/topics/orders?tab=tail',
  '/c/local/topics/orders?tab=config',
  '/c/local/plugins',
  '/c/local/settings',
]
const tabs = ['overview', 'tasks', 'records', 'logs', 'config', 'offsets', 'timeline', 'config&edit=1']

for (const width of [1440, 390]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${width} px, ${colorScheme}`, () => {
      test.use({ viewport: { width, height: 900 }, colorScheme })

      test('axe finds nothing on any page, and no page scrolls sideways', async ({ page }) => {
        test.setTimeout(240_000)
        await page.goto('/c/local/connectors')
        const connector = await page.locator('tr[data-row] a').first().getAttribute('href')
        const wrong: string[] = []
        for (const path of [...pages, ...tabs.map((tab) => `${connector}?tab=${tab}`)]) {
          await page.goto(path)
          await expect(page.locator('main h1').first()).toBeVisible()
          await expect(page.locator('[aria-label="Loading"], main .sr-only:text-is("Loading")')).toHaveCount(0)
          const found = (await new AxeBuilder({ page }).analyze()).violations
          wrong.push(...found.map((each) => `${path}: ${each.id} ${each.nodes[0]?.html ?? ''}`))
          const sideways = await page.evaluate(
            () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
          )
          if (sideways) wrong.push(`${path}: scrolls sideways`)
        }
        expect(wrong).toEqual([])
      })
    })
  }
}

test('a page names its fonts in its first answer, so that tables do not change their columns when they arrive', async ({
  request,
}) => {
  const { link = '' } = (await request.get('/c/local/workers')).headers()
  for (const font of ['inter_latin', 'jetbrains_mono_latin']) {
    const [, url = '', terms] = new RegExp(`<([^>]*/${font}[^>]*)>([^<]*)`).exec(link) ?? []
    expect(terms).toMatch(/rel=preload; as="font"/)
    expect((await request.get(url)).headers()['content-type']).toBe('font/woff2')
  }
})

test('a chosen theme holds before the first paint of the next page', async ({ page }) => {
  await page.goto('/c/local/settings')
  await page.getByLabel('dark', { exact: true }).check()
  await page.reload({ waitUntil: 'commit' })
  await expect(page.locator('html')).toHaveClass(/dark/)
  await page.getByLabel('system', { exact: true }).check()
})

test('an unknown connector says so, with its code and what to do', async ({ page }) => {
  await page.goto('/c/local/connectors/there-is-none')
  await expect(page.locator('main').getByRole('alert')).toContainText('CONNECTOR_NOT_FOUND')
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible()
})

test('a cluster is added and removed; one whose workers do not answer says so on its pages, as often as it is asked', async ({
  page,
}) => {
  await page.goto('/c/local/settings')
  await page.getByRole('button', { name: 'Add a cluster' }).click()
  await page.getByLabel('Name').fill('Gone')
  await page.getByLabel('Workers').fill('127.0.0.1:1')
  await page.getByRole('button', { name: 'Add cluster' }).click()
  await expect(page.getByText('127.0.0.1:1 is no http or https URL.')).toBeVisible()
  await page.getByLabel('Workers').fill('http://127.0.0.1:1')
  await page.getByRole('button', { name: 'Add cluster' }).click()
  await page.getByRole('list', { name: 'Clusters' }).getByRole('link', { name: 'Gone' }).click()
  await expect(page).toHaveURL(/\/c\/gone$/)
  for (const path of ['', '/workers']) {
    await page.goto(`/c/gone${path}`)
    const alert = page.locator('main').getByRole('alert')
    await expect(alert).toContainText('WORKER_UNREACHABLE')
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect(alert).toContainText('No worker answered')
  }
  await page.goto('/c/local/settings')
  await page.getByRole('button', { name: 'Remove Gone' }).click()
  await page.getByRole('button', { name: 'Remove cluster' }).click()
  await expect(page.getByRole('link', { name: 'Gone' })).toHaveCount(0)
  await page.goto('/c/gone')
  await expect(page.locator('main').getByRole('alert')).toContainText('CLUSTER_NOT_FOUND')
  await expect(page.getByText('The console cannot be reached')).toHaveCount(0)
})
