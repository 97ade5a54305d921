'use client'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'

export function DeleteDialog({
  name,
  busy = false,
  onClose,
  onDelete,
}: {
  name: string
  busy?: boolean
  onClose: () => void
  onDelete: (name: string) => void
}) {
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Delete ${name}`}
      consequence="Its tasks stop and its config is removed. Records that it wrote stay where they are, and so do its offsets: a connector created later under the same name goes on from there."
      typed={name}
      action="Delete connector"
      busy={busy}
      onConfirm={() => onDelete(name)}
    />
  )
}
