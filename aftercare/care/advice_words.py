"""The sentences of the advice in English, Spanish and Portuguese. `{number}` is the emergency number."""

from typing import Final

import msgspec

from aftercare.model.words import Code


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """One language. `emergency` and `same_day` say what is particular to a code; the rest is common to all."""

    emergency_headline: str
    self_harm_headline: str
    emergency: dict[Code, str]
    crisis_line: str  # {crisis}
    emergency_other: str
    do_not_wait: str
    today_open_headline: str
    today_open: str
    today_closed_headline: str
    opens: str  # {when}
    today_closed: str
    same_day: dict[Code, str]
    if_worse: str
    received: str
    soon: str
    nobody_watches: str  # {hours}
    no_hours: str
    closed: str
    reach_clinic: str
    call_emergency: str
    call_clinic: str
    call_urgent: str
    when: str  # the pattern of a day and an hour


_EN = Words(
    emergency_headline="Call {number} now",
    self_harm_headline="Please get help now: call {number}",
    emergency={
        Code.AIRWAY: "Swelling of the tongue, throat or lips, or trouble breathing, can get worse fast. Sit upright. If you were prescribed an adrenaline pen, use it. Do not drive yourself.",
        Code.NOTE: "You do not have to be alone with this. Stay with someone you trust, and move away from anything you could hurt yourself with. If you cannot call, go to the nearest hospital.",
        Code.ANAESTHETIC: "The numbing cream can do this. Wash off what is left of it with water. Stay with someone. Do not drive.",
        Code.EYE: "Your eye needs to be seen now. Do not rub it. Take out contact lenses if you can. Do not drive.",
        Code.COLD_SORE: "Blisters near the eye can harm your sight. Do not touch them or the eye. Take out contact lenses if you can.",
        Code.INFECTION: "This can be serious. Stay with someone if you can. Say that you had a skin treatment, and when.",
        Code.BURN: "Raw or grey skin with strong pain needs care now. Do not put cream on it, and do not pull anything off.",
        Code.WIDESPREAD_HERPES: "Many blisters with what you report need care now. Do not touch or open them.",
    },
    crisis_line="You can also talk to someone who listens, day and night: {crisis}.",
    emergency_other="What you report can be an emergency. Stay with someone if you can.",
    do_not_wait="Do not wait for us: nobody watches this all the time.",
    today_open_headline="Speak with the clinic today",
    today_open="Call now rather than later. If you cannot reach the clinic, go to urgent care today.",
    today_closed_headline="See a doctor today: the clinic is closed",
    opens="The clinic opens on {when}.",
    today_closed="Do not wait for that: go to urgent care or a doctor on duty today. Say that you had a skin treatment, and when.",
    same_day={
        Code.COLD_SORE: "This can be the start of a cold sore: treatment works best on the first day. Do not touch the spot.",
        Code.INFECTION: "This can be an infection. Do not press or open anything.",
        Code.BURN: "Do not put cream on the skin, and do not pull anything off.",
        Code.EYE: "Do not rub the eye. Take out contact lenses. If your sight changes, call {number}.",
        Code.ALLERGY: "Stop any new product. If your lips or tongue swell, or breathing gets hard, call {number}.",
        Code.SWELLING: "Keep your head raised. If your eye closes or your sight changes, call {number}.",
        Code.BLEEDING: "Press gently with a clean cloth for ten minutes.",
        Code.ANAESTHETIC: "Wash off what is left of the numbing cream. Do not drive.",
    },
    if_worse="If it gets worse fast, or you have trouble breathing, a fever with shivers, or changes in your sight, call {number}.",
    received="Received",
    soon="The clinic is asked to look at what you reported.",
    nobody_watches="Nobody watches this all the time. The clinic reads {hours}.",
    no_hours="at irregular hours",
    closed="closed",
    reach_clinic="If something worries you, call the clinic.",
    call_emergency="Call {number}",
    call_clinic="Call the clinic",
    call_urgent="Call for medical advice",
    when="EEEE d MMMM 'at' HH:mm",
)

_ES = Words(
    emergency_headline="Llame al {number} ahora",
    self_harm_headline="Busque ayuda ahora: llame al {number}",
    emergency={
        Code.AIRWAY: "La hinchazón de la lengua, la garganta o los labios, o la dificultad para respirar, puede empeorar rápido. Siéntese erguido. Si le recetaron una pluma de adrenalina, úsela. No conduzca.",
        Code.NOTE: "No tiene que pasar por esto a solas. Quédese con alguien de confianza y aléjese de todo con lo que pueda hacerse daño. Si no puede llamar, vaya al hospital más cercano.",
        Code.ANAESTHETIC: "La crema anestésica puede causar esto. Lave con agua lo que quede de ella. No se quede a solas. No conduzca.",
        Code.EYE: "Deben verle el ojo ahora. No lo frote. Quítese las lentillas si puede. No conduzca.",
        Code.COLD_SORE: "Las ampollas cerca del ojo pueden dañar la vista. No toque las ampollas ni el ojo. Quítese las lentillas si puede.",
        Code.INFECTION: "Esto puede ser grave. No se quede a solas si puede evitarlo. Diga que le hicieron un tratamiento de la piel, y cuándo.",
        Code.BURN: "La piel en carne viva o gris con dolor fuerte necesita atención ahora. No ponga crema ni arranque nada.",
        Code.WIDESPREAD_HERPES: "Muchas ampollas con lo que usted cuenta necesitan atención ahora. No las toque ni las abra.",
    },
    crisis_line="También puede hablar con alguien que le escuche, de día y de noche: {crisis}.",
    emergency_other="Lo que cuenta puede ser una urgencia. No se quede a solas si puede evitarlo.",
    do_not_wait="No nos espere: nadie vigila esto todo el tiempo.",
    today_open_headline="Hable hoy con la clínica",
    today_open="Llame ahora, mejor que más tarde. Si no logra hablar con la clínica, vaya hoy a urgencias.",
    today_closed_headline="Vea hoy a un médico: la clínica está cerrada",
    opens="La clínica abre el {when}.",
    today_closed="No espere hasta entonces: vaya hoy a urgencias o a un médico de guardia. Diga que le hicieron un tratamiento de la piel, y cuándo.",
    same_day={
        Code.COLD_SORE: "Puede ser el comienzo de un herpes labial: el tratamiento funciona mejor el primer día. No toque la zona.",
        Code.INFECTION: "Esto puede ser una infección. No apriete ni abra nada.",
        Code.BURN: "No ponga crema en la piel ni arranque nada.",
        Code.EYE: "No frote el ojo. Quítese las lentillas. Si cambia su vista, llame al {number}.",
        Code.ALLERGY: "Deje cualquier producto nuevo. Si se hinchan los labios o la lengua, o le cuesta respirar, llame al {number}.",
        Code.SWELLING: "Mantenga la cabeza elevada. Si se le cierra el ojo o cambia su vista, llame al {number}.",
        Code.BLEEDING: "Apriete suavemente con un paño limpio durante diez minutos.",
        Code.ANAESTHETIC: "Lave lo que quede de la crema anestésica. No conduzca.",
    },
    if_worse="Si empeora rápido, o si le cuesta respirar, tiene fiebre con escalofríos o cambia su vista, llame al {number}.",
    received="Recibido",
    soon="Se pide a la clínica que mire lo que usted cuenta.",
    nobody_watches="Nadie vigila esto todo el tiempo. La clínica lee: {hours}.",
    no_hours="sin horario fijo",
    closed="cerrado",
    reach_clinic="Si algo le preocupa, llame a la clínica.",
    call_emergency="Llamar al {number}",
    call_clinic="Llamar a la clínica",
    call_urgent="Llamar para consejo médico",
    when="EEEE d 'de' MMMM 'a las' HH:mm",
)

_PT = Words(
    emergency_headline="Ligue {number} agora",
    self_harm_headline="Procure ajuda agora: ligue {number}",
    emergency={
        Code.AIRWAY: "O inchaço da língua, da garganta ou dos lábios, ou a dificuldade em respirar, pode piorar depressa. Sente-se direito. Se lhe receitaram uma caneta de adrenalina, use-a. Não conduza.",
        Code.NOTE: "Não tem de passar por isto a sós. Fique com alguém de confiança e afaste-se de tudo com que se possa magoar. Se não puder ligar, vá ao hospital mais próximo.",
        Code.ANAESTHETIC: "O creme anestésico pode causar isto. Lave com água o que resta dele. Não fique a sós. Não conduza.",
        Code.EYE: "O seu olho tem de ser visto agora. Não o esfregue. Tire as lentes de contacto se puder. Não conduza.",
        Code.COLD_SORE: "Bolhas perto do olho podem prejudicar a visão. Não toque nelas nem no olho. Tire as lentes de contacto se puder.",
        Code.INFECTION: "Isto pode ser grave. Se puder, não fique a sós. Diga que fez um tratamento da pele, e quando.",
        Code.BURN: "Pele em carne viva ou cinzenta com dor forte precisa de cuidados agora. Não ponha creme nem arranque nada.",
        Code.WIDESPREAD_HERPES: "Muitas bolhas com o que nos conta precisam de cuidados agora. Não lhes toque nem as abra.",
    },
    crisis_line="Também pode falar com alguém que o escute, de dia e de noite: {crisis}.",
    emergency_other="O que nos conta pode ser uma emergência. Se puder, não fique a sós.",
    do_not_wait="Não espere por nós: ninguém vigia isto o tempo todo.",
    today_open_headline="Fale hoje com a clínica",
    today_open="Ligue já, não mais tarde. Se não conseguir falar com a clínica, vá hoje a um serviço de urgência.",
    today_closed_headline="Procure hoje um médico: a clínica está fechada",
    opens="A clínica abre: {when}.",
    today_closed="Não espere até lá: vá hoje a um serviço de urgência ou a um médico de serviço. Diga que fez um tratamento da pele, e quando.",
    same_day={
        Code.COLD_SORE: "Pode ser o início de um herpes labial: o tratamento funciona melhor no primeiro dia. Não toque na zona.",
        Code.INFECTION: "Isto pode ser uma infeção. Não aperte nem abra nada.",
        Code.BURN: "Não ponha creme na pele nem arranque nada.",
        Code.EYE: "Não esfregue o olho. Tire as lentes de contacto. Se a visão mudar, ligue {number}.",
        Code.ALLERGY: "Pare qualquer produto novo. Se os lábios ou a língua incharem, ou se custar a respirar, ligue {number}.",
        Code.SWELLING: "Mantenha a cabeça levantada. Se o olho fechar ou a visão mudar, ligue {number}.",
        Code.BLEEDING: "Pressione com cuidado com um pano limpo durante dez minutos.",
        Code.ANAESTHETIC: "Lave o que resta do creme anestésico. Não conduza.",
    },
    if_worse="Se piorar depressa, se custar a respirar, se tiver febre com arrepios ou se a visão mudar, ligue {number}.",
    received="Recebido",
    soon="Pede-se à clínica que veja o que nos conta.",
    nobody_watches="Ninguém vigia isto o tempo todo. A clínica lê: {hours}.",
    no_hours="sem horário fixo",
    closed="fechado",
    reach_clinic="Se algo o preocupa, ligue para a clínica.",
    call_emergency="Ligar {number}",
    call_clinic="Ligar para a clínica",
    call_urgent="Ligar para aconselhamento médico",
    when="EEEE, d 'de' MMMM, 'às' HH:mm",
)

LANGUAGES: Final = {"en": _EN, "es": _ES, "pt": _PT}
