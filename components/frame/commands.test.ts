import { expect, test } from 'vitest'
import { type Command, findCommands } from '#components/frame/commands.ts'

const command = (label: string): Command => ({ id: label, group: 'Page', label, run: () => {} })
const labels = (text: string, ...all: string[]) => findCommands(all.map(command), text).map((found) => found.label)

test('a name that begins with the text comes before one that only holds it', () => {
  expect(labels('orders', 'Restart orders', 'preorders', 'orders-to-files')).toEqual([
    'orders-to-files',
    'Restart orders',
    'preorders',
  ])
})

test('letters in order are enough where nothing holds the text itself; letters that are missing are not', () => {
  expect(labels('otf', 'orders-to-files', 'topics')).toEqual(['orders-to-files'])
  expect(labels('ord', 'orders', 'Restart connector and tasks')).toEqual(['orders'])
})
