"""The served OpenAPI, fuzzed: no 5xx, no answer that the document does not have, nobody let in past a guard."""

import asyncio
from pathlib import Path

from tests.prove.conftest import Trial
from tests.prove.fuzzing import RULES, Tally, fuzz, who_may
from tests.prove.served import ROLES, served_clinic

ANYONE = (*ROLES, "nobody")
# A clinic words its instructions in one draft, which ends with the first that publishes or discards it; who erases takes
# from all others what they ask for; and a new password ends the sign-ins that the others ask with.
_NOT_HERE = {
    "erasure_erase",
    "staff_change_password",
    "instructions_draft",
    "instructions_update",
    "instructions_publish",
    "instructions_discard",
    "metrics_scrape",  # its token is nobody's here
}

# Done to whoever is there, they would sign out who asks next: each is done once, to somebody of its own.
_NOT_AT_RANDOM = {"patient_sign_out_phones", "staff_disable", "staff_set_password"}


async def test_whoever_asks_is_answered_as_the_document_says(tmp_path: Path, trial: Trial) -> None:
    """Each operation asked by who may, with what fits the clinic and then with what fits nothing; and by all others."""
    may, tally = who_may(), Tally()
    names = sorted(may)
    first = {name: next((role for role in ANYONE if role in may[name]), "nobody") for name in names}
    async with served_clinic(tmp_path, spare=trial.size(8, 200)) as served:

        async def ask(role: str, phases: list[str], only: list[str], examples: int) -> None:
            if only:
                seed = trial.rng.randrange(2**32)
                came = await asyncio.to_thread(fuzz, served, role, phases, only, examples=examples, seed=seed)
                trial.say(f"{role}, {'+'.join(phases)}: {came.requests()} requests, {came.by_class()}")
                tally.add(came)

        for role in ANYONE:
            # The first who may sees what is there before others have changed it.
            await ask(role, ["examples"], [name for name in names if first[name] == role], 1)
        for role in ANYONE:
            others = [name for name in names if first[name] != role]
            await ask(role, ["examples"], trial.rng.sample(others, trial.size(3, len(others))), 1)
            if trial.long:
                at_random = [name for name in names if role in may[name] and name not in _NOT_AT_RANDOM]
                await ask(role, ["fuzzing", "stateful"], at_random, 12)
                await ask(role, ["coverage"], [name for name in names if first[name] == role], 1)
        if not trial.long:
            await ask("practitioner", ["fuzzing"], trial.rng.sample(names, 5), 1)
    assert not tally.faults, "\n\n".join(tally.faults)
    done = {name for name, digit in tally.answers if digit == 2}
    assert set(may) - done <= _NOT_HERE, "each is done by somebody"
    trial.say(
        f"{len(may)} operations, {tally.requests()} requests, {tally.by_class()}, "
        f"{tally.transitions} transitions, refused by one of {len(RULES)} rules {sum(tally.ruled.values())}"
    )
    if trial.long:
        trial.say(f"answers by operation\n{tally.table()}")
