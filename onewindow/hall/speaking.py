"""Mandarin out of eSpeak NG (the wheel `espeakng-loader`): offline, some milliseconds a word.

Loaded by the command that makes the files and nowhere else: the library is under the GPL and stays out of the server.
"""

from __future__ import annotations

import ctypes
import io
import wave
from array import array
from functools import cache
from pathlib import Path

VOICE, WORDS_A_MINUTE = b"cmn", 150
# espeak_AUDIO_OUTPUT_RETRIEVAL, espeakRATE, espeakCHARS_UTF8, POS_CHARACTER of speak_lib.h.
RETRIEVAL, RATE, UTF8, CHARACTER = 1, 1, 1, 1
# Below this a sample is silence; so much of it stays before and after.
QUIET, MARGIN = 250, 0.03
Take = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@cache
def speaker() -> Speaker:
    """One a process: the library keeps its voice and its callback in globals, and a second start leaves it dumb."""
    return Speaker()


class Speaker:
    def __init__(self) -> None:
        import espeakng_loader

        self._lib = ctypes.CDLL(espeakng_loader.get_library_path())
        self.rate = self._lib.espeak_Initialize(RETRIEVAL, 0, espeakng_loader.get_data_path().encode(), 0)
        if self.rate <= 0 or self._lib.espeak_SetVoiceByName(VOICE):
            raise RuntimeError("eSpeak NG 没有普通话声音，无法生成语音文件。")
        self._lib.espeak_SetParameter(RATE, WORDS_A_MINUTE, 0)
        self._heard = array("h")
        self._take = Take(self._keep)
        self._lib.espeak_SetSynthCallback(self._take)

    def _keep(self, samples, count, events) -> int:
        if samples and count > 0:
            self._heard.extend(samples[:count])
        return 0

    def say(self, text: str) -> bytes:
        """A WAV file, mono, 16 bits."""
        self._heard = array("h")
        spoken = text.encode()
        self._lib.espeak_Synth(spoken, len(spoken) + 1, 0, CHARACTER, 0, UTF8, None, None)
        self._lib.espeak_Synchronize()
        made = io.BytesIO()
        with wave.open(made, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(self.rate)
            file.writeframes(self._trimmed().tobytes())
        return made.getvalue()

    def _trimmed(self) -> array[int]:
        loud = [at for at, sample in enumerate(self._heard) if abs(sample) > QUIET]
        if not loud:
            raise RuntimeError("没有生成声音。")
        margin = int(self.rate * MARGIN)
        return self._heard[max(0, loud[0] - margin) : loud[-1] + margin]


def write(path: Path, wav: bytes) -> None:
    """Whole or not at all: the server may be reading."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    half.write_bytes(wav)
    half.replace(path)
