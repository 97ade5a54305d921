import { json, jsonParseLinter } from '@codemirror/lang-json'
import { linter } from '@codemirror/lint'
import { EditorState } from '@codemirror/state'
import { EditorView, lineNumbers } from '@codemirror/view'

export interface TextEditor {
  /** Takes a text from outside; what equals the present text changes nothing, so the cursor stays. */
  setText(text: string): void
  destroy(): void
}

/** The only file that touches CodeMirror; it is loaded on demand. Tab is left to the page, so the editor traps nobody. */
export function createJsonEditor(
  parent: HTMLElement,
  options: { text: string; label: string; readOnly: boolean; onChange: (text: string) => void },
): TextEditor {
  let fromOutside = false
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        lineNumbers(),
        json(),
        linter(jsonParseLinter()),
        EditorView.lineWrapping,
        EditorState.readOnly.of(options.readOnly),
        EditorView.contentAttributes.of({ 'aria-label': options.label }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !fromOutside) options.onChange(update.state.doc.toString())
        }),
      ],
    }),
  })
  return {
    setText(text) {
      if (text === view.state.doc.toString()) return
      fromOutside = true
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } })
      fromOutside = false
    },
    destroy: () => view.destroy(),
  }
}
