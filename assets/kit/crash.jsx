import { Component } from "react";

const SAY = {
  en: ["This page broke", "Nothing was lost: reload it. If it breaks again, the browser's console says why.", "Reload"],
  uk: ["Сторінка зламалася", "Нічого не втрачено: перезавантажте її. Якщо це повториться, причина є в консолі браузера.", "Перезавантажити"],
};

export class Crash extends Component {
  state = { error: null };

  static getDerivedStateFromError(error) {
    return { error };
  }

  componentDidCatch(error) {
    console.error(error);
  }

  render() {
    if (!this.state.error) return this.props.children;
    const [title, why, act] = SAY[window.orkworkLocale] ?? SAY.en;
    return (
      <main className="bare">
        <div className="none" role="alert">
          <h1>{title}</h1>
          <p>{why}</p>
          <button type="button" className="btn solid" onClick={() => location.reload()}>{act}</button>
        </div>
      </main>
    );
  }
}
