'use client'
import { type ReactNode, useId, useState } from 'react'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { Input } from '#components/ui/input.tsx'

/** Asks before something that cannot be undone, or that others will notice; the button says what will happen. */
export function ConfirmDialog({
  open,
  onOpenChange,
  title,
  consequence,
  typed,
  action,
  decline = 'Keep it',
  tone = 'danger',
  busy,
  onConfirm,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  consequence: ReactNode
  /** What has to be typed; absent when a plain confirmation is enough. */
  typed?: string
  action: string
  decline?: string
  /** `primary` for what can be taken back. */
  tone?: 'danger' | 'primary'
  busy?: boolean
  onConfirm: () => void
}) {
  const [text, setText] = useState('')
  const id = useId()
  const ready = typed === undefined || text === typed
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        setText('')
        onOpenChange(next)
      }}
      title={title}
      description={consequence}
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>{decline}</Button>
          <Button tone={tone} disabled={!ready} busy={busy ?? false} onClick={onConfirm}>
            {action}
          </Button>
        </>
      }
    >
      {typed !== undefined && (
        <form
          className="mt-4"
          onSubmit={(event) => {
            event.preventDefault()
            if (ready) onConfirm()
          }}
        >
          <label htmlFor={id} className="mb-1 block">
            Type <span className="name break-all font-medium">{typed}</span> to confirm
          </label>
          <Input id={id} className="name" value={text} autoComplete="off" onChange={(e) => setText(e.target.value)} />
        </form>
      )}
    </Dialog>
  )
}
