"""Passwords are verified a few at a time, whoever asks."""

import asyncio

from aftercare.identity.passwords import hash_password, verify_password


def test_many_at_once_are_verified_in_any_event_loop() -> None:
    async def many() -> list[bool]:
        encoded = await hash_password("long enough")
        tried = ("long enough", "wrong", "long enough", "wrong")
        return await asyncio.gather(*(verify_password(encoded, password) for password in tried))

    for _ in range(2):
        assert asyncio.run(many()) == [True, False, True, False]


async def test_no_account_is_no_even_with_the_placeholders_own_password() -> None:
    assert not await verify_password(None, "nobody has this password")


async def test_a_hash_that_is_none_is_no() -> None:
    assert not await verify_password("not a hash", "long enough")
