import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test as base, expect, type Page } from '@playwright/test'
import { product } from '#e2e/console/product.ts'

/** A test that also fails when the page logs an error or throws. */
export const test = base.extend<{ quiet: undefined }>({
  quiet: [
    async ({ page }, use) => {
      const problems: string[] = []
      page.on('console', (message) => {
        // A refused call is logged by the browser itself; what the page makes of it is tested.
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
          problems.push(message.text())
      })
      page.on('pageerror', (error) => problems.push(String(error)))
      await use(undefined)
      expect(problems).toEqual([])
    },
    { auto: true },
  ],
})

/** Waits until the head of a connector's page says this state. */
export async function stateBecomes(page: Page, state: string): Promise<void> {
  await expect(page.getByTestId('connector-state')).toHaveAttribute('data-state', state, { timeout: 30_000 })
}

/** A file with these lines, for a connector to read. */
export function fileWith(name: string, lines: readonly string[]): string {
  mkdirSync(product.filesDir, { recursive: true })
  const path = join(product.filesDir, name)
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
  return path
}
