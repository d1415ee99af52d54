"""Files for other programs: what stands in a GLB, read back by a parser of our own and by VTK."""

import json
import struct

import numpy as np
import pytest
from shown import story

from twin.segments import STATES
from viz.export import export
from viz.packed import Packed
from viz.solid import look_from_file

BEGIN, END = 4000.0, 4300.0


@pytest.fixture(scope="module")
def glb(tmp_path_factory):
    path = export(story(), tmp_path_factory.mktemp("glb") / "line.glb", begin=BEGIN, end=END)
    data = path.read_bytes()
    magic, version, length = struct.unpack_from("<III", data)
    size, kind = struct.unpack_from("<II", data, 12)
    assert (magic, version, length, kind) == (0x46546C67, 2, len(data), 0x4E4F534A)
    return path, json.loads(data[20 : 20 + size]), data[28 + size :]


def values(glb, number):
    _, about, raw = glb
    accessor = about["accessors"][number]
    view = about["bufferViews"][accessor["bufferView"]]
    kind = {5126: np.float32, 5125: np.uint32, 5123: np.uint16}[accessor["componentType"]]
    width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[accessor["type"]]
    found = np.frombuffer(raw, kind, accessor["count"] * width, view["byteOffset"])
    return found.reshape(-1, width) if width > 1 else found


def tracks(glb, what):
    """Node name -> times and values of its channel."""
    about = glb[1]
    run = about["animations"][0]
    return {
        about["nodes"][channel["target"]["node"]]["name"]: tuple(
            values(glb, run["samplers"][channel["sampler"]][end]) for end in ("input", "output")
        )
        for channel in run["channels"]
        if channel["target"]["path"] == what
    }


def test_parts_move_as_in_the_story(glb):
    moved = tracks(glb, "translation")
    for time in np.linspace(BEGIN + 5, END - 5, 30):
        frame = story().at(float(time))
        for number, place in zip(story().tracks.part[frame.parts], frame.places, strict=True):
            clock, points = moved[f"part {number}"]
            found = [np.interp(time - BEGIN, clock, points[:, k]) for k in range(3)]
            np.testing.assert_allclose([found[0], -found[2], found[1]], place, atol=0.06)


def test_exactly_one_frame_of_a_machine_is_shown_and_it_is_that_of_its_state(glb):
    shown = tracks(glb, "scale")
    nodes = {node["name"] for node in glb[1]["nodes"]}
    for time in (BEGIN + 10, BEGIN + 150, END - 10):
        for label, state in zip(story().labels, story().at(time).states, strict=True):
            lit = []
            for name in STATES:
                if f"{label} {name}" in shown:
                    clock, sizes = shown[f"{label} {name}"]
                    if sizes[np.searchsorted(clock, time - BEGIN, side="right") - 1][0] == 1:
                        lit.append(name)
                elif f"{label} {name}" in nodes:  # the only state in this span
                    lit.append(name)
            assert lit == [STATES[state]]


def test_accessors_tell_the_truth_and_key_frames_rise(glb):
    about = glb[1]
    for sampler in about["animations"][0]["samplers"]:
        clock = values(glb, sampler["input"])
        accessor = about["accessors"][sampler["input"]]
        assert (np.diff(clock) > 0).all()
        assert accessor["min"] == [clock.min()]
        assert accessor["max"] == [clock.max()]
        assert clock.min() >= 0
    for mesh in about["meshes"]:
        for piece in mesh["primitives"]:
            points, normals = (values(glb, piece["attributes"][name]) for name in ("POSITION", "NORMAL"))
            assert values(glb, piece["indices"]).max() < len(points)
            np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)


def test_vtk_reads_it(glb):
    vtk = pytest.importorskip("vtk")
    reader = vtk.vtkGLTFReader()
    reader.SetFileName(str(glb[0]))
    reader.Update()
    assert reader.GetNumberOfAnimations() == 1
    assert reader.GetAnimationDuration(0) == pytest.approx(END - BEGIN, abs=0.1)


def test_a_usd_stage_tells_the_same(tmp_path):
    usd = pytest.importorskip("pxr.Usd", reason="usd-core is not installed (linetwin[usd])")
    path = export(story(), tmp_path / "line.usda", begin=BEGIN, end=END)
    stage = usd.Stage.Open(str(path))
    for time in (BEGIN + 33, END - 44):
        for j, state in enumerate(story().at(time).states):
            token = stage.GetPrimAtPath(f"/Line/Machine{j}/State").GetAttribute("linetwin:state")
            assert token.Get((time - BEGIN) * 24) == STATES[state]


def test_what_cannot_be_written_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"written as .glb or .usd"):
        export(story(), tmp_path / "line.obj")
    with pytest.raises(ValueError, match="one after the other"):
        export(story(), tmp_path / "line.glb", begin=100, end=50)
    assert not list(tmp_path.iterdir())


class TestOwnSolid:
    def test_stands_behind_the_belt_whatever_its_origin(self, tmp_path):
        pv = pytest.importorskip("pyvista")
        pv.Cone(height=2, radius=0.8, center=(50, -7, 3), direction=(0, 0, 1)).save(tmp_path / "cone.stl")
        look = look_from_file(str(tmp_path / "cone.stl"))
        points = look.pieces[0][0].points
        np.testing.assert_allclose(points.min(axis=0)[2], 0, atol=1e-6)
        assert points[:, 1].min() > 0.8
        assert look.height == pytest.approx(2, abs=1e-6)

    def test_of_millimetres_or_none_is_refused(self, tmp_path):
        pv = pytest.importorskip("pyvista")
        pv.Cube(x_length=2000, y_length=800, z_length=1500).save(tmp_path / "mm.stl")
        with pytest.raises(ValueError, match="have to be metres"):
            look_from_file(str(tmp_path / "mm.stl"))
        (tmp_path / "none.stl").write_text("solid nothing\nendsolid nothing\n")
        with pytest.raises(ValueError, match=r"holds no triangles|cannot be read"):
            look_from_file(str(tmp_path / "none.stl"))


def test_packed_arrays_come_back():
    import base64
    import gzip

    packed = Packed()
    packed.add("a", [1.5, 2.5], "f4")
    packed.add("b", [7, 8, 9], "u1")
    packed.add("c", [70000], "u4")
    raw = gzip.decompress(base64.b64decode(packed.text({"x": 1})))
    length = int.from_bytes(raw[:4], "little")
    header = json.loads(raw[4 : 4 + length])
    kind, at, count = header["arrays"]["c"]
    assert (kind, count, at % 4) == ("u4", 1, 0)
    assert np.frombuffer(raw, "<u4", 1, 4 + length + at)[0] == 70000
