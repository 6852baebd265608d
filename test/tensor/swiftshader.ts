/** The software Vulkan of Debian's package `chromium`, where WebGPU in Node runs without a GPU. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const chromium = '/usr/lib/chromium'
const library = join(chromium, 'libvk_swiftshader.so')

/** Why it is not here; undefined where it is. */
export const noSwiftShader: string | undefined =
  existsSync(library) && existsSync(join(chromium, 'libvulkan.so.1'))
    ? undefined
    : 'no software Vulkan here; apt install chromium'

/** Runs a script of the tests where Vulkan finds SwiftShader and nothing else, and gives what it prints. */
export const onSwiftShader = async (script: URL): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-vulkan-'))
  try {
    const driver = join(folder, 'icd.json')
    const icd = { library_path: library, api_version: '1.0.5' }
    writeFileSync(driver, JSON.stringify({ file_format_version: '1.0.0', ICD: icd }))
    const env = { ...process.env, VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: chromium }
    const run = promisify(execFile)(process.execPath, ['--import', 'tsx', fileURLToPath(script)], { env })
    return (await run).stdout
  } finally {
    rmSync(folder, { recursive: true })
  }
}
