import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { count } from '#components/ui/format.ts'

/** Names what goes, and asks for the number to be typed: a selection is easily larger than it was meant. */
export function BulkDeleteDialog({
  names,
  onClose,
  onDelete,
}: {
  names: readonly string[]
  onClose: () => void
  onDelete: () => void
}) {
  const these = count(names.length, 'connector')
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Delete ${these}`}
      consequence={
        <>
          <p>
            Their tasks stop and their configs are removed. Records that they wrote stay where they are, and so do their
            offsets: a connector created later under one of the names goes on from there.
          </p>
          <ul aria-label="Connectors to delete" className="mt-3 max-h-48 overflow-auto rounded-md border px-3 py-1.5">
            {names.map((name) => (
              <li key={name} className="name break-all py-0.5 text-ink text-xs">
                {name}
              </li>
            ))}
          </ul>
        </>
      }
      typed={`delete ${names.length}`}
      action={`Delete ${these}`}
      decline={names.length === 1 ? 'Keep it' : 'Keep them'}
      onConfirm={onDelete}
    />
  )
}
