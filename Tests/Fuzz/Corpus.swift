/// Good inputs, and the words of which bad ones are made.
enum Corpus {
  static let openAI: [[UInt8]] = [
    """
    : OPENROUTER PROCESSING\r
    \r
    data: {"id":"x","model":"m-1","provider":"Acme","choices":[{"index":0,"delta":{"role":"assistant","content":"Grü"}}]}\r
    \r
    data: {"choices":[{"index":0,"delta":{"reasoning":"hm","content":"ß \\ud83d\\ude00"}}]}

    data: {"choices":[{"index":0,
    data: "delta":{"content":"!"},"finish_reason":"stop"}]}

    data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"cost":0.5,"prompt_tokens_details":{"cached_tokens":2}}}

    data: [DONE]


    """,
    """
    data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"look","arguments":""}}]}}]}

    data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"q\\":1}"}},{"index":7,"id":"c2","function":{"name":"go"}}]}}]}

    data: {"choices":[{"delta":{},"finish_reason":"tool_calls"}]}


    """,
    """
    data: {"choices":[{"delta":{"content":"half"}}]}

    data: {"error":{"code":502,"message":"gone","metadata":{"error_type":"overloaded"}},"choices":[{"delta":{},"finish_reason":"error"}]}


    """,
    #"{"id":"1","model":"m","choices":[{"message":{"content":"yes","refusal":null,"reasoning_details":[{"a":1}],"annotations":[],"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop","native_finish_reason":"end"}],"usage":{"prompt_tokens":1e3,"completion_tokens":-4,"total_tokens":18446744073709551616}}"#,
    #"{"error":{"message":"Rate limit reached","type":"rate_limit_error","code":"rate_limit_exceeded","param":null}}"#,
    #"[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}]"#, "<!DOCTYPE html><html><body>502</body></html>", "",
    "null",
  ].map { Array($0.utf8) }

  static let anthropic: [[UInt8]] = [
    """
    event: message_start
    data: {"type":"message_start","message":{"id":"m","model":"claude","usage":{"input_tokens":10,"cache_read_input_tokens":4,"output_tokens":1}}}

    event: content_block_start
    data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}

    event: content_block_delta
    data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}

    event: content_block_start
    data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

    event: ping
    data: {"type":"ping"}

    event: content_block_delta
    data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Grüße"}}

    event: content_block_start
    data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":"look","input":{}}}

    event: content_block_delta
    data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\\"a\\":"}}

    event: message_delta
    data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}

    event: message_stop
    data: {"type":"message_stop"}


    """,
    """
    event: error
    data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}


    """,
    #"{"type":"message","model":"c","content":[{"type":"text","text":"a"},{"type":"tool_use","id":"x","name":"f","input":{"q":[1,2.5e-3,true,null]}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":2}}"#,
    #"{"type":"error","error":{"type":"invalid_request_error","message":"credit balance is too low"}}"#,
  ].map { Array($0.utf8) }

  static let words: [[UInt8]] =
    [
      "data:", "data: ", "event:", "id: 1\n", "retry: 5\n", "\n", "\n\n", "\r", "\r\n", ":", "[DONE]", "{", "}", "[",
      "]",
      "\"", "\\", "\\u", "\\ud800", "\\u0000", ",", "null", "true", "false", "0", "-", "1e999", "-0", "1.", "\u{FEFF}",
      "\"choices\"", "\"delta\"", "\"index\":-1", "\"index\":9223372036854775807", "\"content\"", "\"error\"",
      "\"usage\"", "\"finish_reason\":\"stop\"", "\"tool_calls\"", "\"type\"", "[[[[[[[[", "{\"a\":", " ", "\t",
    ].map { Array($0.utf8) } + [
      [0xFF], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xED, 0xA0, 0x80], [0x00], [0x1F],
    ]
}
