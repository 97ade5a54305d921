'use client'
import { type KeyboardEvent, useId, useLayoutEffect, useRef, useState } from 'react'
import { type Command, findCommands } from '#components/frame/commands.ts'
import { cx } from '#components/ui/cx.ts'

/**
 * Type a few letters, press Enter. Every page, connector, topic and action is one of the commands. The platform's own
 * dialog element keeps the focus and gives it back; it costs no script, so the palette is there at the first key.
 */
export function CommandPalette({ commands, onClose }: { commands: readonly Command[]; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal()
  }, [])
  const close = () => dialog.current?.close()
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click is on the backdrop; Escape closes a dialog by itself
    <dialog
      ref={dialog}
      aria-label="Go to or do anything"
      onClose={onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget) close()
      }}
      className="rise mx-auto mt-[12vh] w-[calc(100vw-32px)] max-w-xl overflow-hidden rounded-lg bg-surface p-0 text-ink shadow-float backdrop:bg-overlay"
    >
      <Finder commands={commands} onDone={close} />
    </dialog>
  )
}

function Finder({ commands, onDone }: { commands: readonly Command[]; onDone: () => void }) {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const id = useId()
  const found = findCommands(commands, text)
  const chosen = Math.min(at, found.length - 1)

  const run = (command: Command | undefined) => {
    if (!command) return
    onDone()
    command.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) {
      event.preventDefault()
      const next = (chosen + step + found.length) % Math.max(1, found.length)
      setAt(next)
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: 'nearest' })
    } else if (event.key === 'Enter') {
      event.preventDefault()
      run(found[chosen])
    }
  }

  return (
    <>
      <input
        role="combobox"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={found.length > 0 ? `${id}-${chosen}` : undefined}
        aria-label="Go to or do anything"
        placeholder="Connector, topic, page or action"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          setAt(0)
        }}
        onKeyDown={onKeyDown}
        className="h-12 w-full border-b bg-transparent px-4 text-base outline-none placeholder:text-ink-soft"
      />
      <div id={`${id}-list`} role="listbox" aria-label="Commands" className="max-h-[50vh] overflow-auto p-1">
        {found.map((command, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled by the input, which keeps the focus
          // biome-ignore lint/a11y/useFocusableInteractive: the active option is named by aria-activedescendant
          <div
            key={command.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === chosen}
            onClick={() => run(command)}
            onMouseMove={() => setAt(index)}
            className={cx('flex h-9 cursor-pointer items-center gap-3 rounded px-3', index === chosen && 'bg-hover')}
          >
            <span className="w-20 shrink-0 text-ink-soft text-xs">{command.group}</span>
            <span className={cx('min-w-0 flex-1 truncate', command.mono && 'name')}>{command.label}</span>
          </div>
        ))}
        {found.length === 0 && <p className="px-3 py-6 text-center text-ink-soft">Nothing is called “{text}”.</p>}
      </div>
    </>
  )
}
