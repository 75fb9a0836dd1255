"""Reads what the example `exchange` wrote with nibabel, SimpleITK, pynrrd, LabelMe and, where it is installed, nnU-Net.

python3 -m venv v && v/bin/pip install nibabel pynrrd SimpleITK labelme
QT_QPA_PLATFORM=offscreen v/bin/python crates/bloodpool-dataset/examples/check.py OUT
"""
import json
import pathlib
import sys

import nibabel
import nrrd
import numpy
import SimpleITK

out = pathlib.Path(sys.argv[1])
masks = numpy.load(out / "masks.npy")
for name in ["masks.nii", "masks.nii.gz"]:
    image = nibabel.load(out / name)
    assert numpy.array_equal(numpy.asarray(image.dataobj), masks.transpose(2, 1, 0)), name
    assert numpy.allclose(image.affine, numpy.diag([-1.5, -1.25, 1, 1])), image.affine
    assert numpy.allclose(image.get_qform(), image.get_sform()) and image.header.get_xyzt_units()[0] == "mm"
    print(f"nibabel {nibabel.__version__}: {name}, {image.shape}, affine {numpy.diag(image.affine)}")
for name in ["masks.nii", "masks.nii.gz", "masks.nrrd"]:
    image = SimpleITK.ReadImage(str(out / name))
    assert numpy.array_equal(SimpleITK.GetArrayFromImage(image), masks), name
    assert numpy.allclose(image.GetSpacing(), (1.5, 1.25, 1)), image.GetSpacing()
    assert numpy.allclose(image.GetDirection(), numpy.eye(3).ravel()), image.GetDirection()
    print(f"SimpleITK {SimpleITK.Version_VersionString()}: {name}, spacing {image.GetSpacing()}, identity")
array, header = nrrd.read(str(out / "masks.nrrd"))
assert numpy.array_equal(array, masks.transpose(2, 1, 0))
assert numpy.allclose(header["space directions"], numpy.diag([1.5, 1.25, 1])) and header["space units"][:2] == ["mm", "mm"]
print(f"pynrrd {nrrd.__version__}: masks.nrrd, {array.shape}")

try:
    import labelme
except ImportError as missing:
    print(f"LabelMe: not run, {missing}")
else:
    try:
        from labelme._label_file import LabelFile
    except ImportError:
        from labelme import LabelFile
    try:
        file = LabelFile(str(out / "prelabel.json"))
        shapes = file.shapes
    except TypeError:
        file = LabelFile.load(str(out / "prelabel.json"))
        shapes = file.shapes
    points = numpy.array(shapes[0]["points"] if isinstance(shapes[0], dict) else shapes[0].points)
    mask = labelme.utils.shape_to_mask((256, 256), points.tolist(), "polygon")
    dice = 2 * (mask & (masks[0] > 0)).sum() / (mask.sum() + masks[0].sum())
    assert dice >= 0.99, dice
    print(f"LabelMe {labelme.__version__}: prelabel.json, {len(points)} points, Dice {dice:.4f} with the mask")

for folder in sorted((out / "nnUNet_raw").iterdir()):
    document = json.loads((folder / "dataset.json").read_text())
    print(f"{folder.name}: {document['numTraining']} images of training, reader {document['overwrite_image_reader_writer']}")
    try:
        from nnunetv2.experiment_planning.verify_dataset_integrity import verify_dataset_integrity
    except ImportError as missing:
        print(f"  nnU-Net's verifier: not run, {missing}")
    else:
        verify_dataset_integrity(str(folder), num_processes=1)
