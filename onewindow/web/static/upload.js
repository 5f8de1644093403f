// Resumable uploads (tus) in place of the plain form; without this script the form posts as it is.
for (const form of document.querySelectorAll("form[data-upload]")) {
  if (!window.tus?.isSupported) break;
  const input = form.querySelector("input[type=file]");
  const bar = form.querySelector("progress");
  const state = form.querySelector("[role=status]");
  const csrf = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const send = (file, done, failed) =>
    new tus.Upload(file, {
      endpoint: form.dataset.upload,
      chunkSize: 1024 * 1024,
      retryDelays: [0, 1000, 3000, 5000, 10000, 20000],
      metadata: { filename: file.name, filetype: file.type, target: form.dataset.target },
      headers: { "X-CSRFToken": csrf },
      removeFingerprintOnSuccess: true,
      onProgress: (sent, total) => {
        bar.value = (100 * sent) / total;
        state.textContent = `正在上传 ${file.name}：${Math.round(bar.value)}%`;
      },
      onError: (error) => failed(error.originalResponse?.getBody() || "网络断了，已传的部分会保留，请再试一次。"),
      onSuccess: done,
    });
  form.addEventListener("submit", (event) => {
    const files = [...input.files];
    if (!files.length) return;
    event.preventDefault();
    form.querySelector("button").disabled = true;
    bar.hidden = false;
    const problems = [];
    const next = () => {
      const file = files.shift();
      if (file) {
        const failed = (text) => { problems.push(`${file.name}：${text}`); next(); };
        const upload = send(file, next, failed);
        upload.findPreviousUploads().then((earlier) => {
          if (earlier.length) upload.resumeFromPreviousUpload(earlier[0]);
          upload.start();
        });
      } else if (problems.length) {
        state.textContent = problems.join("；");
        form.querySelector("button").disabled = false;
        bar.hidden = true;
      } else {
        location.hash = form.closest("section").id;
        location.reload();
      }
    };
    next();
  });
}
