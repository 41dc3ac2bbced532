"""What people say when they are asked."""

from __future__ import annotations

from sereno.commerce.records.fields import boolean, nested, string, timestamp
from sereno.commerce.schema import Field, record

OPINION = record(
    "opinion",
    "What a customer said last in a survey.",
    (
        string("survey", "Name of the survey."),
        Field("satisfaction", "integer", "Its first rating, from 1 to 5."),
        Field("nps", "integer", "How likely they would recommend the shop, from 0 to 10."),
        string("order", "The order it was about."),
        timestamp("said_at", "When."),
    ),
)

SURVEY_ANSWER = record(
    "survey_answer",
    "An answer to a survey.",
    (
        string("id", "The customer, by the platform's id, or `email:` and the address."),
        string("email", "Who answered, lower case."),
        string("survey", "Name of the survey."),
        string("order", "The order it is about; null where it is about none."),
        boolean("is_first", "Whether nothing had been answered before; false when an answer is changed or completed."),
        boolean("is_whole", "Whether the page was sent; false for the one press in a mail."),
        Field("satisfaction", "integer", "The first rating, from 1 to 5."),
        Field("nps", "integer", "How likely they would recommend the shop, from 0 to 10."),
        Field("answers", "map", "By question: a number, a choice, a list of choices, true or false, or a text."),
        string("comment", "What was said in words of one's own."),
        nested("opinion", OPINION, "What is kept with the customer."),
        string("effect", "The effect whose message was answered."),
    ),
)
