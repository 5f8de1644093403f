// Resumable uploads (tus) in place of the plain form; without this script the form posts as it is.
"use strict";

const BROKEN = "网络断了。已传的部分还在，网络好了再按一次“上传”，会接着传。";

function names(files) {
  return files.length > 2 ? `${files[0].name} 等 ${files.length} 个文件` : files.map((file) => file.name).join("、");
}

const LONGEST = 2600;

/* A large photograph is shrunk before it travels: a village's network is slow. Whatever cannot be read goes as it is. */
async function lighter(file) {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < 1_500_000) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = new OffscreenCanvas(Math.round(picture.width * scale), Math.round(picture.height * scale));
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.82 });
    if (blob.size >= file.size) return file;
    const name = file.name.replace(/\.\w+$/, "") + ".jpg";
    return new File([blob], name, { type: blob.type, lastModified: file.lastModified });
  } catch {
    return file;
  }
}

function prepare(form) {
  const input = form.querySelector("input[type=file]");
  const button = form.querySelector("button");
  const bar = form.querySelector("progress");
  const state = form.querySelector("[role=status]");
  const csrf = form.querySelector("[name=csrfmiddlewaretoken]").value;

  const send = (file) =>
    new Promise((done, failed) => {
      const upload = new tus.Upload(file, {
        endpoint: form.dataset.upload,
        chunkSize: 1024 * 1024,
        retryDelays: [0, 1000, 3000, 5000, 10000, 20000],
        metadata: { filename: file.name, filetype: file.type, target: form.dataset.target },
        headers: { "X-CSRFToken": csrf },
        removeFingerprintOnSuccess: true,
        onShouldRetry: (error) => {
          const refused = error.originalResponse && error.originalResponse.getStatus() < 500;
          if (!refused) state.textContent = "网络不稳，正在重新连接，请别关页面。";
          return !refused || [409, 423].includes(error.originalResponse.getStatus());
        },
        onProgress: (sent, total) => {
          bar.value = (100 * sent) / total;
          state.textContent = `正在上传 ${file.name}：${Math.round(bar.value)}%`;
        },
        onError: (error) => failed(error.originalResponse?.getBody() || BROKEN),
        onSuccess: done,
      });
      upload.findPreviousUploads().then((earlier) => {
        if (earlier.length) upload.resumeFromPreviousUpload(earlier[0]);
        upload.start();
      });
    });

  input.addEventListener("change", () => {
    state.textContent = input.files.length ? `已选 ${names([...input.files])}，请按“上传”。` : "";
    form.classList.toggle("is-picked", input.files.length > 0);
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!input.files.length) {
      state.textContent = "请先选择文件，再按“上传”。";
      input.focus();
      return;
    }
    button.disabled = true;
    bar.hidden = false;
    const problems = [];
    for (const file of input.files) await send(await lighter(file)).catch((text) => problems.push(`${file.name}：${text}`));
    if (problems.length) {
      state.textContent = problems.join("；");
      button.disabled = false;
      bar.hidden = true;
    } else {
      location.hash = form.closest("section").id;
      location.reload();
    }
  });
  form.classList.add("has-script");
}

if (window.tus?.isSupported) document.querySelectorAll("form[data-upload]").forEach(prepare);
