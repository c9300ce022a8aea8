from tests.integration.world import World


def test_good(world: World) -> None:
    world.put_images()
    report = world.judge(world.drop())
    import json
    print(json.dumps(report, indent=1))
    print(world.wire.operations())
    assert report["verdict"] == "VALID"
