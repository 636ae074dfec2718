"""Generation: names letter by letter, each letter drawn given those before it.

    python examples/names.py

A network reads the names of figures of Greek and Roman mythology and learns the next letter at every step; "^" begins a
name, and "$", a label that is never read, ends it. What it draws it reads as the next letter. The temperature divides
the scores of the letters: below 1 names are like many others, above 1 they are bolder, and soon no names any more.
"""

import numpy as np

from tsrnn import RNNClassifier

NAMES = """
achelous achilles actaeon admetus adonis aeacus aegeus aegina aegisthus aeneas aeolus aerope aesculapius aether aethra
agamemnon agave agenor aglaea aglaurus agrius ajax alastor alcestis alcinous alcmaeon alcmene alecto alpheus althaea
amalthea amphiaraus amphion amphitrite amphitryon amycus anaxarete anchises androgeus andromache andromeda antaeus
antenor anteros anticlea antigone antilochus antinous antiope aphrodite apollo arachne ares arethusa argus ariadne
arion aristaeus artemis asclepius asopus asteria asterion astraea astraeus astyanax atalanta ate athamas athena atlas
atreus atropos attis autolycus autonoe bacchus battus baucis bellerophon bia boreas briareus briseis busiris cadmus
caeneus calais calchas callirrhoe calliope callisto calypso capaneus cassandra cassiopeia castor cecrops celaeno
celeus cepheus cephalus cerberus cercyon ceto ceyx chaos charon charybdis chimera chiron chloris chryseis chrysaor
chrysothemis cinyras circe clio clotho clymene clytemnestra clytie coeus coronis creon cressida creusa crius cronus
cybele cyclops cycnus cyrene daedalus damocles danae danaus daphne daphnis dardanus deianira deidamia deimos deino
deiphobus demeter demophon deucalion diomedes dione dionysus dirce dolon doris dryope echidna echo eileithyia electra
elpenor enceladus endymion enyo eos epaphus epeius ephialtes epimetheus erato erebus erechtheus erginus erichthonius
erigone erinyes eris eros erysichthon eteocles euippe eumaeus eumolpus euneus eunomia euphrosyne europa euryale
euryalus eurycleia eurydice eurylochus eurymachus eurynome eurystheus eurytus euterpe evadne evander gaia galatea
ganymede geryon glaucus glauce gorgon haemon hades harmonia harpalyce hebe hecate hector hecuba helen helenus helios
helle hemera hephaestus hera heracles hermaphroditus hermes hermione hero hesione hesperus hestia hippodamia hippolyta
hippolytus hippomenes horae hyacinthus hydra hygieia hylas hyllus hymenaeus hyperion hypermnestra hypnos hypsipyle
iacchus iapetus iasion icarius icarus idas idomeneus ilus inachus ino io iolaus iole ion iphicles iphigenia iphis
irene iris irus ismene ixion janus jason jocasta keres labdacus lachesis laelaps laertes laius lamia laocoon laodamia
laodice laomedon latinus latona leander learchus leda lelex lethe leto leucippus leucothea linus lotis lycaon
lycomedes lycurgus lynceus macaria machaon maenads maia marsyas medea medusa megaera megara melampus melanippe
meleager melia melicertes melpomene memnon menelaus menoetius mentor merope metanira metis midas minos minotaur
mnemosyne moirae momus morpheus musaeus myrrha myrtilus narcissus nauplius nausicaa neleus nemesis neoptolemus nephele
nereus nessus nestor nike ninus niobe nisus notus nyx oceanus odysseus oedipus oeneus oenomaus oenone omphale ophion
orestes orion orithyia orpheus otus palamedes pallas pan pandarus pandion pandora pandrosus paris parthenopaeus
pasiphae patroclus pegasus peirithous peleus pelias pelops penelope penthesilea pentheus perdix periphetes perse
persephone perseus phaedra phaethon phaon philemon philoctetes philomela phineus phlegethon phobos phoebe phoenix
pholus phorcys phrixus pitys pleione plutus podarces pollux polydectes polydorus polyhymnia polymnestor polynices
polyphemus polyxena pomona pontus poseidon priam priapus procne procris procrustes proetus prometheus proserpina
protesilaus proteus psyche pygmalion pylades pyramus pyrrha python rhadamanthus rhea rhesus rhode salmoneus sarpedon
sciron scylla selene semele silenus sinis sinon sisyphus sphinx stheno sthenoboea styx syrinx talos talus tantalus
tartarus tecmessa telamon telegonus telemachus telephus tereus terpsichore tethys teucer thalia thamyris thanatos
themis thersites theseus thetis thisbe thyestes tiresias tisiphone tithonus tityus triptolemus triton troilus tyche
tydeus tyndareus typhon tyro urania uranus xanthus xuthus zagreus zephyrus zetes zethus zeus
""".split()

X, y = [list("^" + name) for name in NAMES], [list(name + "$") for name in NAMES]
model = RNNClassifier(hidden_size=96, categories="auto", max_epochs=40, random_state=0).fit(X, y)

for temperature in (0.5, 1.0, 1.5):
    names = ["".join(letters) for letters in model.sample([["^"]] * 500, temperature, random_state=0)]
    new = sorted(set(names) - set(NAMES))
    known = np.mean([name in NAMES for name in names])
    print(f"temperature {temperature}: {known:.2f} of the names are in the list, {len(new)} different ones are new")
    print(" ", " ".join(np.random.default_rng(0).permutation([name for name in new if 3 < len(name) < 12])[:10]))

print(
    "Beginning with 'or':", " ".join("".join(["or", *letters]) for letters in model.sample([list("^or")] * 8, 0.8, 1))
)
