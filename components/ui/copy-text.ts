/** Puts a text on the clipboard, also where a page came by plain http from another machine and browsers keep theirs back. */
export async function copyText(text: string): Promise<void> {
  // The type says that it is always there; outside a secure context it is not.
  const clipboard: Clipboard | undefined = navigator.clipboard
  if (clipboard) return clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  area.style.position = 'fixed'
  area.style.opacity = '0'
  const focused = document.activeElement
  document.body.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
  if (focused instanceof HTMLElement) focused.focus()
}
