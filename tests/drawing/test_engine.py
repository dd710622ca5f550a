from mesh_probe.drawing.engine import Arranged, dot, path_of

SIZE = (100.0, 30.0)


def test_callers_stand_left_of_what_they_call() -> None:
    placed = dot().arrange([SIZE] * 3, [(0, 1), (1, 2)])
    a, b, c = placed.boxes

    assert a.x + a.width < b.x
    assert b.x + b.width < c.x
    assert (a.width, a.height) == SIZE


def test_nothing_takes_no_room() -> None:
    assert dot().arrange([], []) == Arranged(0, 0, (), (), ())


def test_boxes_do_not_overlap_and_stay_inside() -> None:
    placed = dot().arrange([SIZE] * 9, [(n // 2, n) for n in range(1, 9)])

    for first in placed.boxes:
        assert 0 <= first.x <= placed.width - first.width
        assert 0 <= first.y <= placed.height - first.height
        for second in placed.boxes:
            apart = abs(first.x - second.x) >= SIZE[0] or abs(first.y - second.y) >= SIZE[1]
            assert first is second or apart


def test_a_frame_is_round_its_members_and_leaves_room_for_a_name() -> None:
    placed = dot().arrange([SIZE] * 4, [(0, 1), (1, 2), (2, 3)], groups=[[1, 2]])
    frame = placed.groups[0]

    for member in (1, 2):
        box = placed.boxes[member]
        assert frame.x < box.x
        assert box.x + box.width < frame.x + frame.width
        assert frame.y + 20 <= box.y
        assert box.y + box.height < frame.y + frame.height
    assert placed.boxes[3].x > frame.x + frame.width


def test_lines_come_in_the_order_of_the_calls_and_reach_from_box_to_box() -> None:
    pairs = [(2, 1), (0, 2), (0, 1), (1, 1), (1, 0)]
    placed = dot().arrange([SIZE] * 3, pairs)

    for (client, server), line in zip(pairs, placed.lines, strict=True):
        for place, (x, y) in ((client, line.points[0]), (server, line.points[-1])):
            box = placed.boxes[place]
            assert box.x - 2 <= x <= box.x + box.width + 2
            assert box.y - 2 <= y <= box.y + box.height + 2


def test_a_long_line_spans_more_ranks() -> None:
    short = dot().arrange([SIZE] * 2, [(0, 1)])
    long = dot().arrange([SIZE] * 2, [(0, 1)], lengths={(0, 1): 3})

    assert long.width > short.width + SIZE[0]


def test_what_was_arranged_before_changes_nothing() -> None:
    pairs = [(n // 3, n) for n in range(1, 20)]
    first = dot().arrange([SIZE] * 20, pairs, [[1, 2, 3], [4, 5]])
    dot().arrange([(50.0, 20.0)] * 5, [(0, 4), (4, 2)])

    assert dot().arrange([SIZE] * 20, pairs, [[1, 2, 3], [4, 5]]) == first


def test_curves_are_written_as_svg_does() -> None:
    assert path_of([(0.0, 1.5), (2.0, 3.0), (4.0, 5.0), (6.25, 7.0)]) == "M0,1.5C2,3 4,5 6.25,7"
    assert path_of([]) == ""
