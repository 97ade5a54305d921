'use client'
import { pages } from '#components/frame/rail.tsx'
import { useModifier } from '#components/frame/use-modifier.ts'
import { Dialog } from '#components/ui/dialog.tsx'
import { Kbd } from '#components/ui/kbd.tsx'

const shortcuts: [string[], string][] = [
  [['mod', 'K'], 'Go to or do anything'],
  [['/'], 'Search on this page'],
  [['?'], 'This help'],
  ...pages.map((page): [string[], string] => [['g', page.key], `Go to ${page.label}`]),
  [['j', 'k'], 'Next and previous row; arrows do the same'],
  [['x'], 'Select the row'],
  [['Enter'], 'Open the row'],
  [['Space'], 'Pause and resume a live tail'],
  [['Esc'], 'Close, or leave the search'],
]

export function HelpDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const modifier = useModifier()
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard shortcuts">
      <dl className="mt-3 divide-y">
        {shortcuts.map(([keys, text]) => (
          <div key={text} className="flex items-center gap-3 py-1.5">
            <dt className="flex w-24 gap-1">
              {keys.map((key) => (
                <Kbd key={key}>{key === 'mod' ? modifier : key}</Kbd>
              ))}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
