'use client'
import { useState } from 'react'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { Input } from '#components/ui/input.tsx'
import { Labelled } from '#components/ui/labelled.tsx'

export function SaveViewDialog({
  open,
  busy,
  onOpenChange,
  onSave,
}: {
  open: boolean
  busy: boolean
  onOpenChange: (open: boolean) => void
  onSave: (name: string) => void
}) {
  const [name, setName] = useState('')
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Save a view"
      description="Search, filters and order as they are now, for everybody who opens this console."
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button tone="primary" type="submit" form="save-view" busy={busy} disabled={name.trim() === ''}>
            Save view
          </Button>
        </>
      }
    >
      <form
        id="save-view"
        className="mt-4"
        onSubmit={(event) => {
          event.preventDefault()
          onSave(name.trim())
        }}
      >
        <Labelled label="Name">
          {(id) => (
            <Input id={id} value={name} placeholder="Failed sinks" onChange={(event) => setName(event.target.value)} />
          )}
        </Labelled>
      </form>
    </Dialog>
  )
}
