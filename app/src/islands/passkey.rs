//! The browser's own dialogue for passkeys (WebAuthn). It needs scripts; whoever has none uses another way.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response};

#[wasm_bindgen]
extern "C" {
    /// An object with what the dialogue is asked.
    #[wasm_bindgen(js_name = Object)]
    type Options;
    #[wasm_bindgen(constructor, js_class = "Object")]
    fn new() -> Options;
    #[wasm_bindgen(method, setter, js_name = publicKey)]
    fn set_public_key(this: &Options, value: &JsValue);

    #[wasm_bindgen(js_namespace = PublicKeyCredential, js_name = parseCreationOptionsFromJSON, catch)]
    fn to_create(json: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = PublicKeyCredential, js_name = parseRequestOptionsFromJSON, catch)]
    fn to_ask(json: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["navigator", "credentials"], js_name = create, catch)]
    async fn create(options: &Options) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["navigator", "credentials"], js_name = get, catch)]
    async fn ask(options: &Options) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = JSON, js_name = stringify, catch)]
    fn text_of(value: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = Reflect, js_name = get, catch)]
    fn part(value: &JsValue, name: &str) -> Result<JsValue, JsValue>;
}

/// A form that a passkey answers. It is not there without scripts.
#[island]
pub fn PasskeyForm(
    /// Where the question comes from.
    question: String,
    /// Where the form goes.
    action: String,
    /// A new passkey is made; otherwise one is asked for.
    creates: bool,
    /// The words of the button.
    words: String,
    /// Fields before the button.
    children: Children,
) -> impl IntoView {
    let form = NodeRef::<html::Form>::new();
    let credential = NodeRef::<html::Input>::new();
    let (ready, set_ready) = signal(false);
    let (said, say) = signal(String::new());
    // Effects run in the browser alone.
    Effect::new(move |_| set_ready.set(true));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let question = question.clone();
        say.set(String::new());
        spawn_local(async move {
            match answer(&question, creates).await {
                Ok(text) => {
                    if let (Some(form), Some(field)) = (form.get_untracked(), credential.get_untracked()) {
                        field.set_value(&text);
                        // Sent as a form is: what follows is a page.
                        let _ = form.submit();
                    }
                }
                Err(words) => say.set(words),
            }
        });
    };
    view! {
        <form method="post" action=action class="stack" node_ref=form hidden=move || !ready.get() on:submit=submit>
            <input type="hidden" name="credential" node_ref=credential/>
            {children()}
            <p class="small" role="status">{move || said.get()}</p>
            <div class="row"><button class="btn" type="submit">{words}</button></div>
        </form>
    }
}

const CANCELLED: &str = "No passkey was used. Try again, or use another way.";

async fn answer(question: &str, creates: bool) -> Result<String, String> {
    let cancelled = |_: JsValue| CANCELLED.to_owned();
    let init = RequestInit::new();
    init.set_method("POST");
    let response: Response = JsFuture::from(window().fetch_with_str_and_init(question, &init))
        .await
        .and_then(JsCast::dyn_into)
        .map_err(|_| "The console does not answer. Try again.".to_owned())?;
    let good = response.ok();
    let json = JsFuture::from(response.json().map_err(cancelled)?).await.map_err(cancelled)?;
    if !good {
        // Problem details (RFC 9457).
        let sentence = part(&json, "detail").ok().and_then(|detail| detail.as_string());
        return Err(sentence.unwrap_or_else(|| CANCELLED.to_owned()));
    }
    let json = part(&json, "publicKey").map_err(cancelled)?;
    let options = Options::new();
    let unknown = |_: JsValue| "This browser cannot use passkeys here. Use another way.".to_owned();
    let credential = if creates {
        options.set_public_key(&to_create(&json).map_err(unknown)?);
        create(&options).await
    } else {
        options.set_public_key(&to_ask(&json).map_err(unknown)?);
        ask(&options).await
    };
    let text = text_of(&credential.map_err(cancelled)?).map_err(cancelled)?;
    text.as_string().ok_or_else(|| CANCELLED.to_owned())
}
