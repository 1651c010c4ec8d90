"""Text to tokens and back, for attn_run, which starts this as a process.

    python tokenizer.py FOLDER

Each line of input is a JSON object, each answered by one line:

    {"encode": TEXT, "chat": BOOL}  ->  {"tokens": [...]}    chat: by the folder's chat template, where it has one
    {"push": TOKEN}                 ->  {"text": TEXT}       what the token adds to the text; whole characters only
    {"finish": true}                ->  {"text": TEXT}       what was held back
    anything that fails             ->  {"error": SENTENCE}

The first line of output is {"ready": true}, or an error.
"""

import json
import os
import sys

REPLACEMENT = "\ufffd"      # what a decoder makes of the beginning of a character


def read_json(path):
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def read_tokenizer(folder):
    import tokenizers

    path = os.path.join(folder, "tokenizer.json")
    if os.path.exists(path):
        tokenizer = tokenizers.Tokenizer.from_file(path)
        tokenizer.no_padding()       # lengths say where a sequence ends
        tokenizer.no_truncation()    # a prompt that is too long is refused
        return tokenizer
    path = os.path.join(folder, "vocab.txt")
    if os.path.exists(path):
        config = read_json(os.path.join(folder, "tokenizer_config.json"))
        return tokenizers.BertWordPieceTokenizer(path, lowercase=config.get("do_lower_case", True))
    raise ValueError(f"{folder}: neither tokenizer.json nor vocab.txt is there")


def special_text(config, name):
    """bos_token and the like are text, or an object around it."""
    token = config.get(name)
    return token.get("content") if isinstance(token, dict) else token


class Chat:
    """The folder's chat template, or none."""

    def __init__(self, folder):
        self.config = read_json(os.path.join(folder, "tokenizer_config.json"))
        path = os.path.join(folder, "chat_template.jinja")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.template = file.read()
        else:
            self.template = self.chosen(self.config.get("chat_template"))

    @staticmethod
    def chosen(template):
        """A list has templates with names; the default one is meant."""
        if isinstance(template, list):
            return {entry["name"]: entry["template"] for entry in template}.get("default")
        return template

    def render(self, prompt):
        from jinja2.exceptions import TemplateError
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        def raise_exception(message):
            raise TemplateError(message)

        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
                                                    extensions=["jinja2.ext.loopcontrols"])
        environment.globals["raise_exception"] = raise_exception
        return environment.from_string(self.template).render(
            messages=[{"role": "user", "content": prompt}], add_generation_prompt=True,
            bos_token=special_text(self.config, "bos_token") or "",
            eos_token=special_text(self.config, "eos_token") or "")


class Stream:
    """Decodes token by token. A token's text may depend on the one before it (spaces), so that
    the text of a short window with and without its newest tokens is compared."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.tokens = []
        self.begin = 0          # of the window
        self.shown = 0          # tokens whose text is out

    def new_text(self, partial):
        before = self.tokenizer.decode(self.tokens[self.begin:self.shown])
        now = self.tokenizer.decode(self.tokens[self.begin:])
        if len(now) <= len(before) or (now.endswith(REPLACEMENT) and not partial):
            return ""
        self.begin, self.shown = self.shown, len(self.tokens)
        return now[len(before):]

    def push(self, token):
        self.tokens.append(token)
        return self.new_text(partial=False)

    def finish(self):
        text = self.new_text(partial=True)
        self.tokens, self.begin, self.shown = [], 0, 0
        return text


class Server:
    def __init__(self, folder):
        self.tokenizer = read_tokenizer(folder)
        self.chat = Chat(folder)
        self.stream = Stream(self.tokenizer)

    def answer(self, request):
        if "encode" in request:
            templated = request.get("chat", False) and self.chat.template is not None
            text = self.chat.render(request["encode"]) if templated else request["encode"]
            return {"tokens": self.tokenizer.encode(text, add_special_tokens=not templated).ids}
        if "push" in request:
            return {"text": self.stream.push(request["push"])}
        return {"text": self.stream.finish()}


def reply(answer):
    sys.stdout.write(json.dumps(answer) + "\n")      # in one piece
    sys.stdout.flush()


def main():
    try:
        server = Server(sys.argv[1])
    except Exception as error:      # whatever the packages and files give, it is one sentence for the user
        reply({"error": f"the tokenizer of {sys.argv[1]} cannot be read: {error}"})
        return
    reply({"ready": True})
    for line in sys.stdin:
        try:
            reply(server.answer(json.loads(line)))
        except Exception as error:
            reply({"error": f"the tokenizer failed: {error}"})


if __name__ == "__main__":
    main()
