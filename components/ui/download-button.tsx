'use client'
import { Download } from 'lucide-react'
import { Button } from '#components/ui/button.tsx'

/** Saves what is on the screen as a file; the text is made when it is asked for. */
export function DownloadButton({ name, type, text }: { name: string; type: string; text: () => string }) {
  const save = () => {
    const url = URL.createObjectURL(new Blob([text()], { type }))
    const link = document.createElement('a')
    link.href = url
    link.download = name
    link.click()
    URL.revokeObjectURL(url)
  }
  return (
    <Button onClick={save} title={`Save what is shown as ${name}`}>
      <Download aria-hidden="true" />
      Download
    </Button>
  )
}
