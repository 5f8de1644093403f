/* 语音叫号: announcements one after another, never over each other. Recorded parts first; without them the browser's
   own voice; without that a chime. What has been served meanwhile is not called any more. */
"use strict";

const GAP = 0.06, PAUSE = 0.5, BUSY = 3, LATE = 2000;

class Announcer {
  /* `parts`: address of the recorded parts, or ""; `zone`: several pages of one browser wait for each other. */
  constructor(zone, parts) {
    Object.assign(this, { zone, parts, line: [], speaking: false, kept: new Map() });
    this.sound = window.AudioContext ? new AudioContext() : null;
  }

  get ready() { return this.sound?.state === "running"; }

  async open() { await this.sound?.resume(); }

  /* `still()`: whether the call still stands when its turn comes. */
  say(ticket, at, still) {
    this.line.push({ ticket, at, still });
    if (!this.speaking) this.run();
  }

  async run() {
    this.speaking = true;
    while (this.line.length) {
      const call = this.line.shift();
      if (!call.still()) continue;
      const turn = () => this.announce(call, this.line.length < BUSY ? 2 : 1);
      await (navigator.locks ? navigator.locks.request(`voice-${this.zone}`, turn) : turn());
    }
    this.speaking = false;
  }

  async announce({ ticket, at, still }, times) {
    await this.chime();
    for (let n = 0; n < times && still(); n += 1) {
      if (!(await this.recorded(ticket, at)) && !(await this.browser(ticket, at))) return;
    }
  }

  async recorded(ticket, at) {
    if (!this.parts || !this.ready) return false;
    const names = ["please", ...ticket, "number", "to", ...at, "window"];
    try {
      return await this.play(await Promise.all(names.map((name) => this.part(name))));
    } catch {
      return false; // a part is missing or cannot be read
    }
  }

  part(name) {
    if (!this.kept.has(name)) {
      const loading = fetch(`${this.parts}${encodeURIComponent(name)}.wav`).then((answer) => {
        if (!answer.ok) throw new Error(name);
        return answer.arrayBuffer();
      }).then((bytes) => this.sound.decodeAudioData(bytes));
      loading.catch(() => this.kept.delete(name));
      this.kept.set(name, loading);
    }
    return this.kept.get(name);
  }

  play(buffers) {
    const begins = this.sound.currentTime + 0.05;
    let when = begins, last = null;
    for (const buffer of buffers) {
      last = this.sound.createBufferSource();
      last.buffer = buffer;
      last.connect(this.sound.destination);
      last.start(when);
      when += buffer.duration + GAP;
    }
    return ended(last, (when - begins + PAUSE) * 1000, PAUSE * 1000);
  }

  browser(ticket, at) {
    if (!window.speechSynthesis?.getVoices().length) return false;
    const said = new SpeechSynthesisUtterance(`请 ${spell(ticket)} 号，到 ${spell(at)} 号窗口`);
    said.lang = "zh-CN";
    said.rate = 0.9;
    speechSynthesis.speak(said);
    return new Promise((done) => {
      const late = setTimeout(() => { speechSynthesis.cancel(); done(false); }, 15000); // some browsers never say that they ended
      said.onend = () => { clearTimeout(late); done(true); };
      said.onerror = () => { clearTimeout(late); done(false); };
    });
  }

  chime() {
    if (!this.ready) return false;
    const begins = this.sound.currentTime + 0.02;
    let tone = null;
    [[880, 0], [659, 0.35]].forEach(([pitch, after]) => {
      tone = this.sound.createOscillator();
      const volume = this.sound.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.35, begins + after);
      volume.gain.exponentialRampToValueAtTime(0.001, begins + after + 0.5);
      tone.connect(volume).connect(this.sound.destination);
      tone.start(begins + after);
      tone.stop(begins + after + 0.5);
    });
    return ended(tone, 900, 100);
  }
}

/* When the sound has ended, and a moment later; a sound that never says so does not hold up the line. */
function ended(node, usual, pause) {
  return new Promise((done) => {
    const late = setTimeout(() => done(true), usual + LATE);
    node.onended = () => { clearTimeout(late); setTimeout(() => done(true), pause); };
  });
}

/* A001 is read sign by sign, zero as 零. */
function spell(number) {
  const digits = "零一二三四五六七八九";
  return [...number].map((sign) => digits[sign] ?? sign).join(" ");
}
