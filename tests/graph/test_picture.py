from mesh_probe.graph.picture import is_address_list, look
from tests.builders import graph_of


def test_the_ways_of_a_tree_are_its_size_told_again() -> None:
    tree = [("web", f"a{n}") for n in range(4)] + [(f"a{n}", f"b{n}") for n in range(4)]

    picture = look(graph_of(tree), 1)

    assert (picture.ways, picture.ways_reach, picture.is_tangled) == (4, 9, False)


def test_ways_that_meet_again_are_tangled() -> None:
    middle = [("web", f"a{n}") for n in range(4)]
    lower = [(f"a{n}", f"b{m}") for n in range(4) for m in range(4)]

    picture = look(graph_of([*middle, *lower]), 1)

    assert (picture.ways, picture.ways_reach, picture.is_tangled) == (16, 9, True)


def test_a_tangled_entry_goes_before_one_with_more_ways() -> None:
    star = [("gateway", f"leaf-{n:02}") for n in range(30)]
    tangle = [("web", f"a{n}") for n in range(4)]
    tangle += [(f"a{n}", f"b{m}") for n in range(4) for m in range(4)]

    picture = look(graph_of([*star, *tangle]), 1)

    assert (picture.ways_of, picture.reach_of) == ("shop/web", "shop/gateway")


def test_two_that_call_each_other_are_one_pair_and_three_are_not() -> None:
    pair = [("web", "a"), ("a", "b"), ("b", "a")]

    assert look(graph_of(pair), 1).has_one_pair
    assert not look(graph_of([*pair, ("b", "c"), ("c", "a")]), 1).has_one_pair
    assert not look(graph_of([("web", "a")]), 1).has_one_pair


def test_so_few_services_are_no_list_of_addresses() -> None:
    names = ("a", "b", "c")
    pairs = [(client, server) for client in names for server in names if client != server]

    assert is_address_list(graph_of(pairs), 2)
    assert not is_address_list(graph_of(pairs), 3)
