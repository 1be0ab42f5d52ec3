"""The keys of the person who looks at a page, written into it, so that no request of its own delays them."""

from django import template
from django.template import Context
from django.utils.html import json_script
from django.utils.safestring import SafeString

from societies.selectors.key_bindings import bindings_of

register = template.Library()


@register.simple_tag(takes_context=True)
def key_bindings(context: Context) -> SafeString:
    """Write the keys that this person has chosen as a JSON element with the id ``key-bindings``."""
    return json_script(bindings_of(user=context["request"].user), "key-bindings")
